"""The page of a database without accounts: nobody can sign in yet, so it says how to add the first administrator."""

from flask import current_app, render_template, request

from evaluation.accounts import queries
from evaluation.language import LANGUAGE_CODES, N_, language
from evaluation.policy import Viewer

COMMAND = 'flask --app app user add name@example.kz --name "{name}" --role administrator'
HEADING = N_("Add the first administrator")
EXPLANATION = N_(
    "This database has no accounts yet, so nobody can sign in. Run this command where the product is installed, with the "
    "person's e-mail address and name:"
)
NEXT_STEP = N_("It prints a link. Open the link, set a password, and sign in: the first page then lists the next steps.")
NAME = N_("Full name")


def show_first_command() -> str | None:
    """Answer the sign-in page with the command that adds an administrator, in every language, while there are no accounts."""
    if request.endpoint != "security.login" or request.method != "GET" or "has_accounts" in current_app.extensions:
        return None
    if queries.has_accounts(Viewer.system()):
        current_app.extensions["has_accounts"] = True
        return None
    texts = [
        {
            "code": code,
            "heading": text(HEADING),
            "explanation": text(EXPLANATION),
            "command": COMMAND.format(name=text(NAME)),
            "next_step": text(NEXT_STEP),
        }
        for code, text in ((code, language(code).gettext) for code in LANGUAGE_CODES)
    ]
    return render_template("account/first_command.html", texts=texts)
