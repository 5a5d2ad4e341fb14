"""Names and descriptions of the roles that people can have."""

from evaluation.language import N_
from evaluation.policy import SIGN_IN_ROLES

ROLE_NAMES = dict(
    zip(
        SIGN_IN_ROLES,
        (
            N_("Clerk"),
            N_("Head"),
            N_("Reviewer"),
            N_("Administrator"),
            N_("Observer"),
        ),
        strict=True,
    )
)
ROLE_DUTIES = dict(
    zip(
        SIGN_IN_ROLES,
        (
            N_("Enters the answers and files of their bodies."),
            N_("Does the same and submits the year of their bodies."),
            N_(
                "Sees the answers and files of a region or the country; returns submitted years for correction, accepts and "
                "reopens them."
            ),
            N_("Manages people, the registry and reporting years; enters no answers."),
            N_("Sees the answers of a region or the country."),
        ),
        strict=True,
    )
)
