"""The rules of a closed installation: nobody has to follow or accept, and nothing is held.

What is tested under them is everything but who may talk to whom.
"""

from bridge.intake.standing import Rules
from core.model import BrandRules, Contacts, Role

ANYONE = Rules(
    contacts=Contacts.ANYONE, per_minute=0, other=BrandRules(hold=0, staff_role=Role.AGENT)
)
