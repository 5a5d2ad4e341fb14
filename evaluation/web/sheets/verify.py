"""Verification of a file or a code of an assessment sheet. It needs no account: the reader of a sheet may verify it."""

from http import HTTPStatus

from flask import Blueprint, current_app, g, render_template, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import parse

from evaluation.errors import EvaluationError
from evaluation.heavy_work import Busy
from evaluation.language import N_
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.review.verification.code_extraction import MAX_CODE_CHARACTERS, MAX_FILE_BYTES
from evaluation.review.verification.messages import describe_verdict
from evaluation.review.verification.model import Outcome, Verdict
from evaluation.review.verification.verify import verify, verify_code
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import current_language, current_viewer
from forms.sheets.verify import VerifyFileForm

TOO_MANY_FILES = N_(
    "Too many altered files were sent from this address. Wait ten minutes, or enter the code that is on the sheet instead."
)


class TooManyFiles(EvaluationError):
    """An address has sent more files that must be unpacked than UNPACK_LIMIT allows."""

    status = HTTPStatus.TOO_MANY_REQUESTS


blueprint = Blueprint("verify", __name__)


@blueprint.get("/verify")
@allow(Action.PUBLIC)
def page() -> str:
    """Show the forms for a file and a code, and the verdict on the code in the address, such as that of a QR code."""
    code, revision, sha256 = (request.args.get(name, "")[: 2 * MAX_CODE_CHARACTERS] for name in ("code", "revision", "sha256"))
    verdict = verify_code(current_viewer(), code, revision, sha256) if code.strip() else None
    return _render(VerifyFileForm(formdata=None), verdict, code.strip())


@blueprint.post("/verify")
@allow(Action.PUBLIC)
def file() -> tuple[str, int] | str:
    """Show the verdict on an uploaded file."""
    form = VerifyFileForm()
    if not form.validate():
        return _render(form), 422
    upload = form.file.data
    try:
        verdict = verify(current_viewer(), upload.read(MAX_FILE_BYTES + 1), _count_unpacking)
    except (Busy, TooManyFiles) as error:
        form.file.errors = [error.message(current_language())]
        return _render(form), error.status
    return _render(form, verdict, file_name=upload.filename or "")


def _count_unpacking() -> None:
    """Count a file that must be unpacked for the sender's address. Raises TooManyFiles."""
    limiter: Limiter = current_app.extensions["rate_limiter"]
    if not limiter.limiter.hit(parse(current_app.config["UNPACK_LIMIT"]), "unpacking", get_remote_address()):
        raise TooManyFiles(TOO_MANY_FILES)


def is_exempt_from_limit() -> bool:
    """Whether the request only shows the empty forms, which needs no rate limit."""
    return request.method != "POST" and not request.args.get("code", "").strip()


def _render(form: VerifyFileForm, verdict: Verdict | None = None, code: str = "", file_name: str = "") -> str:
    verified, body = verdict.verified_sheet if verdict else None, None
    if verified:
        g.order, g.invented = verified.sheet.order, verified.sheet.invented
        body = registry.body(current_viewer(), verified.sheet.body.bin, verified.sheet.year)
    return render_template(
        "sheets/verify.html",
        form=form,
        verdict=describe_verdict(verdict, current_language()) if verdict else None,
        is_in_force=verdict is not None and verdict.outcome == Outcome.ACCEPTED,
        code=verified.stamp.code if verified and code else code,
        file_name=file_name,
        sheet=verified.sheet if verified and body else None,
    )
