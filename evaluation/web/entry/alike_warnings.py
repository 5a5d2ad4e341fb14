"""One reason for the same warning of many organisations: a region may have it 170 times."""

from collections.abc import Collection
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug import Response as Redirection

from evaluation.answers import justifications
from evaluation.answers.checks import Issue
from evaluation.language import N_
from evaluation.policy import Action
from evaluation.web.core.access import allow
from evaluation.web.core.errors import errors_shown_in
from evaluation.web.core.request_context import YEAR, current_viewer
from evaluation.web.entry.home import Home, OrganisationRow, read_home
from forms.entry.alike_warnings import ReasonForm

NO_ORGANISATION = N_("Choose at least one organisation.")

blueprint = Blueprint("warnings", __name__)


@dataclass(frozen=True)
class AlikeWarnings:
    """The organisations whose reports have the same warning without a reason; `example` is that of the first."""

    example: Issue
    rows: list[tuple[OrganisationRow, Issue]]

    @property
    def key(self) -> dict[str, str | None]:
        """The query string that names the warning."""
        return {"rule": self.example.rule, "code": self.example.code}


@blueprint.get(f"/bodies/<bin_>/{YEAR}/warnings")
@allow(Action.EDIT)
def page(bin_: str, year: int) -> str:
    """List the warnings without a reason; with a rule and a code, the organisations that have this warning."""
    return _page(read_home(bin_, year), ReasonForm(formdata=None))


@blueprint.post(f"/bodies/<bin_>/{YEAR}/warnings")
@allow(Action.EDIT)
def justify(bin_: str, year: int) -> str | Redirection | tuple[str, int]:
    """Store one reason for the warning of the chosen organisations."""
    home, form, viewer = read_home(bin_, year), ReasonForm(), current_viewer()
    rule, code = request.args.get("rule", ""), request.args.get("code")
    chosen = set(request.form.getlist("organisation"))
    ids = [row.organisation.id for row in home.rows if row.organisation.bin in chosen]
    with errors_shown_in(form, lambda: _page(home, form, chosen)):
        if not ids:
            raise justifications.JustificationRejected(NO_ORGANISATION)
        count = justifications.justify_alike(
            viewer, home.order, year, home.body.id, ids, rule, code, form.reason.data or "", home.today
        )
    flash(ngettext("The reason is saved for %(num)d organisation.", "The reason is saved for %(num)d organisations.", count))
    return redirect(url_for(".page", bin_=bin_, year=year), 303)


def alike_warnings(home: Home) -> list[AlikeWarnings]:
    """Group the warnings without a reason by rule and answer, the most frequent first."""
    groups: dict[tuple[str, str | None], AlikeWarnings] = {}
    for row in home.rows:
        for issue in row.progress.issues:
            if issue.severity == "warning" and issue.is_open:
                groups.setdefault((issue.rule, issue.code), AlikeWarnings(issue, [])).rows.append((row, issue))
    return sorted(groups.values(), key=lambda group: -len(group.rows))


def _page(home: Home, form: ReasonForm, chosen: Collection[str] | None = None) -> str:
    groups, key = alike_warnings(home), {name: request.args.get(name) for name in ("rule", "code")}
    return render_template(
        "entry/alike_warnings.html",
        home=home,
        body=home.body,
        year=home.year,
        groups=groups,
        group=next((group for group in groups if group.key == key), None),
        chosen=chosen,
        form=form,
        min_reason_characters=justifications.MIN_REASON_CHARACTERS,
    )
