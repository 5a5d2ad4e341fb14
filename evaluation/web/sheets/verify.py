"""Says to anybody what a file or a code of an assessment sheet is; whoever holds either may know, and needs no account."""

from flask import Blueprint, g, render_template, request

from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.review.verification.code_extraction import MAX_SIZE, MAX_TYPED
from evaluation.review.verification.messages import in_words
from evaluation.review.verification.model import Outcome, Verdict
from evaluation.review.verification.verify import verify, verify_code
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import current_language, current_viewer
from forms.sheets.verify import VerifyFileForm

blueprint = Blueprint("verify", __name__)


@blueprint.get("/verify")
@allow(Action.PUBLIC)
def page() -> str:
    """The forms for a file and for a code; with a code in the address, as a QR code has it, what that is."""
    code, revision, sha256 = (request.args.get(name, "")[: 2 * MAX_TYPED] for name in ("code", "revision", "sha256"))
    verdict = verify_code(current_viewer(), code, revision, sha256) if code.strip() else None
    return _page(VerifyFileForm(formdata=None), verdict, code.strip())


@blueprint.post("/verify")
@allow(Action.PUBLIC)
def file() -> tuple[str, int] | str:
    """What a file is."""
    form = VerifyFileForm()
    if not form.validate():
        return _page(form), 422
    sent = form.file.data
    return _page(form, verify(current_viewer(), sent.read(MAX_SIZE + 1)), name=sent.filename or "")


def asks_nothing() -> bool:
    """Whether the request only looks at the forms, which costs nothing."""
    return request.method != "POST" and not request.args.get("code", "").strip()


def _page(form: VerifyFileForm, verdict: Verdict | None = None, code: str = "", name: str = "") -> str:
    found, body = verdict.found if verdict else None, None
    if found:
        g.order, g.invented = found.sheet.order, found.sheet.invented
        body = registry.body(current_viewer(), found.sheet.body.bin, found.sheet.year)
    return render_template(
        "sheets/verify.html",
        form=form,
        verdict=verdict,
        told=in_words(verdict, current_language()) if verdict else None,
        good=verdict is not None and verdict.outcome == Outcome.ACCEPTED,
        code=found.stamp.code if found and code else code,
        name=name,
        sheet=found.sheet if found and body else None,
    )
