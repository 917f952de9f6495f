"""Whom somebody follows and blocks, the brands that there are, and roles in a brand."""

from collections.abc import Sequence
from dataclasses import replace

from bridge.office.clerk import Asker, Clerk, Theme, cut, refusal, refuse
from core.asking import MOST_ITEMS, Answer, Button, Command, Fields, Form, Input, Item
from core.ids import AccountId
from core.intents import Handle, PersonRef
from core.model import Account, AccountKind, Refusal, Role
from core.rights import Act

_LOOKED = 500
"""Accounts looked through for one answer."""


class People:
    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk
        self._desk = clerk.desk

    @property
    def theme(self) -> Theme:
        return Theme(
            {
                "follow": self.follow,
                "unfollow": self.follow,
                "block": self.block,
                "unblock": self.block,
                "followers": self.followers,
                "brands": self.brands,
                "role": self.role,
            },
            {
                "follow": self.on_follow,
                "unfollow": self.on_unfollow,
                "block": self.on_block,
                "unblock": self.on_unblock,
                "followers": self.on_followers,
                "brands": self.on_brands,
            },
            {"follow": self.on_followed, "block": self.on_blocked},
        )

    # --- following ------------------------------------------------------------------------

    async def follow(self, asker: Asker, command: Command) -> Answer:
        on = command.verb == "follow"
        refs = await self._clerk.people(asker, command.people)
        if not refs:
            if not on:
                return refusal("nobody_named", "Name whom to follow no longer: `/pin unfollow @a`.")
            people = Input("who", "Whom?", "people", most=9, hint="@northwind")
            form = Form("Follow", "Follow", "follow", "", (people,))
            return Answer("Whom do you want to follow? `/pin follow @northwind`", form=form)
        return await self._each(asker, refs, on=on)

    async def on_followed(self, asker: Asker, value: str, fields: Fields) -> Answer:
        del value
        refs = await self._clerk.given_people(asker, fields.get("who", ()))
        if not refs:
            return refusal("nobody_named", "Name at least one, such as @northwind.", "who")
        return await self._each(asker, refs, on=True)

    async def on_follow(self, asker: Asker, value: str) -> Answer:
        return await self._in_list(asker, value, on=True)

    async def on_unfollow(self, asker: Asker, value: str) -> Answer:
        return await self._in_list(asker, value, on=False)

    async def _in_list(self, asker: Asker, value: str, *, on: bool) -> Answer:
        """A button of a list, which says then how it stands now."""
        who, _, where = value.partition(" ")
        answer = await self._each(asker, (AccountId(who),), on=on)
        if answer.refusal:
            return answer
        name, _, first = where.partition(" ")
        lists = {"brands": self._brands, "followers": self._followers}
        if name not in lists:
            return answer
        listed = await lists[name](asker, int(first) if first.isdigit() else 0)
        return replace(listed, text=answer.text, done=True)

    async def _each(self, asker: Asker, refs: Sequence[PersonRef], *, on: bool) -> Answer:
        """Follows one after another; the first refusal ends it, and says what was done."""
        done: list[Account] = []
        for ref in refs:
            found = await self._desk.follow(
                asker.caller.person, ref, on=on, place=asker.place, away=asker.away
            )
            if isinstance(found, Refusal):
                before = f"Done for {', '.join(each.name for each in done)}. " if done else ""
                return refuse(Refusal(found.code, before + found.sentence), "who")
            done.append(found)
        return Answer(await self._followed(asker, done, on=on))

    async def _followed(self, asker: Asker, done: Sequence[Account], *, on: bool) -> str:
        names = ", ".join(each.name for each in done)
        if not on:
            brands = [each.name for each in done if each.kind is AccountKind.BRAND]
            read = (
                f" Conversations with {', '.join(brands)} can only be read now." if brands else ""
            )
            return f"You follow {names} no longer.{read}"
        back = {each.id for each in await self._desk.followers(asker.account.id, _LOOKED)}
        brand = next((each for each in done if each.kind is AccountKind.BRAND), None)
        if brand is not None and brand.id not in back:
            return (
                f"You follow {names}. Send {brand.name} a pin: `/pin send <pin address> to "
                f"@{brand.handle}`. It is a request until they answer."
            )
        return f"You follow {names}. `/pin send <pin address> to @{done[0].handle}` sends a pin."

    async def followers(self, asker: Asker, command: Command) -> Answer:
        del command
        refused = await self._clerk.may(asker, Act.READ)
        if refused is not None:
            return refuse(refused)
        return await self._followers(asker, 0)

    async def on_followers(self, asker: Asker, value: str) -> Answer:
        refused = await self._clerk.may(asker, Act.READ)
        if refused is not None:
            return refuse(refused)
        return await self._followers(asker, int(value) if value.isdigit() else 0)

    async def _followers(self, asker: Asker, first: int) -> Answer:
        found = await self._desk.followers(asker.account.id, _LOOKED)
        if not found:
            page = self._clerk.page(asker.account.handle) if asker.for_brand else ""
            how = f"Share {page} to invite people." if page else "Share a pin, and they may."
            return Answer(f"Nobody follows {asker.account.name} yet. {how}")
        mine = {each.id for each in await self._desk.follows(asker.account.id, _LOOKED)}
        at = f"followers {first}"
        items = tuple(
            self._person(each, at, follows=each.id in mine) for each in _some(found, first)
        )
        count = str(len(found)) if len(found) < _LOOKED else f"{_LOOKED} or more"
        verb = "follows" if len(found) == 1 else "follow"
        text = f"{count} {verb} {asker.account.name}, the newest first. Follow back to write."
        return Answer(text, items, _more("followers", found, first))

    def _person(self, account: Account, at: str, *, follows: bool) -> Item:
        button = _follow_button(account, at, follows=follows)
        send = Button("Send a pin", "sendto", str(account.id))
        return Item(note=f"@{account.handle}", title=account.name, buttons=(button, send))

    async def brands(self, asker: Asker, command: Command) -> Answer:
        del command
        return await self._brands(asker, 0)

    async def on_brands(self, asker: Asker, value: str) -> Answer:
        return await self._brands(asker, int(value) if value.isdigit() else 0)

    async def _brands(self, asker: Asker, first: int) -> Answer:
        found = await self._desk.brands(_LOOKED)
        if not found:
            return Answer("There are no brands here yet. Whoever runs Pinthread can add one.")
        mine = {each.id for each in await self._desk.follows(asker.account.id, _LOOKED)}
        items = []
        for each in _some(found, first):
            if each.id == asker.account.id:
                items.append(Item(note=f"@{each.handle} · you", title=each.name,
                                  link=self._clerk.page(each.handle)))  # fmt: skip
                continue
            button = _follow_button(each, f"brands {first}", follows=each.id in mine)
            ask = Button(cut(f"Ask @{each.handle}", 40), "sendto", str(each.id))
            note = f"@{each.handle} · you follow" if each.id in mine else f"@{each.handle}"
            items.append(
                Item(note=note, title=each.name, buttons=(ask, button),
                     link=self._clerk.page(each.handle))
            )  # fmt: skip
        text = "The brands here. Follow one, then ask it about a pin; it follows back by answering."
        return Answer(text, tuple(items), _more("brands", found, first))

    # --- blocking -------------------------------------------------------------------------

    async def block(self, asker: Asker, command: Command) -> Answer:
        on = command.verb == "block"
        if not command.people:
            if on:
                people = Input("who", "Whom?", "people", most=1, hint="@sam")
                note = "Neither of you hears from the other any more; nobody is told."
                form = Form("Block", "Block", "block", "", (people,), note)
                return Answer("Whom do you want to block? `/pin block @sam`", form=form)
            return await self._blocked(asker)
        (ref,) = await self._clerk.people(asker, command.people[:1])
        return await self._block(asker, await self._by_name(ref), on=on)

    async def on_blocked(self, asker: Asker, value: str, fields: Fields) -> Answer:
        del value
        refs = await self._clerk.given_people(asker, fields.get("who", ()))
        if not refs:
            return refusal("nobody_named", "Name somebody, such as @sam.", "who")
        return await self._block(asker, await self._by_name(refs[0]), on=True)

    async def _by_name(self, ref: PersonRef) -> PersonRef:
        """As typed: whoever they blocked is answered like a name that is nobody's."""
        if isinstance(ref, Handle):
            return ref
        (found,) = await self._desk.find_people((ref,))
        return ref if found is None else Handle(found.handle)

    async def on_block(self, asker: Asker, value: str) -> Answer:
        return await self._block(asker, AccountId(value), on=True)

    async def on_unblock(self, asker: Asker, value: str) -> Answer:
        return await self._block(asker, AccountId(value), on=False)

    async def _block(self, asker: Asker, who: PersonRef, *, on: bool) -> Answer:
        found = await self._desk.block(
            asker.caller.person, who, on=on, place=asker.place, away=asker.away
        )
        if isinstance(found, Refusal):
            return refuse(found, "who")
        if not on:
            return Answer(f"{found.name} can write to you again. You may have to follow each other "
                          "first: `/pin follow`.")  # fmt: skip
        return Answer(
            f"You do not hear from {found.name} any more, and they are not told. In channels "
            f"that both read nothing can be hidden. `/pin unblock @{found.handle}` takes it back.",
        )

    async def _blocked(self, asker: Asker) -> Answer:
        refused = await self._clerk.may(asker, Act.BLOCK)
        if refused is not None:
            return refuse(refused)
        found = await self._desk.blocked(asker.account.id, MOST_ITEMS)
        if not found:
            return Answer("You have blocked nobody. `/pin block @somebody` does.")
        items = tuple(
            Item(note=f"@{each.handle}", title=each.name,
                 buttons=(Button("Unblock", "unblock", str(each.id)),))
            for each in found
        )  # fmt: skip
        return Answer("Whom you have blocked. Choose whom to hear from again.", items)

    # --- roles ----------------------------------------------------------------------------

    async def role(self, asker: Asker, command: Command) -> Answer:
        if not asker.for_brand:
            return refusal(
                "not_a_brand", "Roles are a brand's. Give them in its inbox: `/pin role agent @jo`."
            )
        refused = await self._clerk.may(asker, Act.GRANT)
        if refused is not None:
            return refuse(refused)
        if not command.option or not command.people:
            return await self._roles(asker, command.option)
        if command.option not in (*Role, "none"):
            return refusal("bad_option", "A role is owner, manager, agent, viewer, or none.")
        role = Role(command.option) if command.option != "none" else None
        (ref,) = await self._clerk.people(asker, command.people[:1])
        found = await self._desk.grant(asker.caller.person, asker.place, ref, role, away=asker.away)
        if isinstance(found, Refusal):
            return refuse(found)
        if role is None:
            return Answer(f"{found.name} has no role of their own in {asker.account.name} now.")
        return Answer(
            f"{found.name} is {role} of {asker.account.name} now, here and in their own messages "
            "with me. `/pin help` tells them how."
        )

    async def _roles(self, asker: Asker, option: str) -> Answer:
        del option
        agents = await self._desk.agents(asker.account.id)
        items = tuple(
            Item(note=f"@{each.handle} · {role}", title=each.name)
            for each, role in agents[:MOST_ITEMS]
        )
        staff = asker.rules.staff_role if asker.rules else Role.VIEWER
        return Answer(
            f"Whoever else writes here is {staff}. `/pin role agent @jo` gives a role, and "
            "`/pin role none @jo` takes it back.",
            items,
        )


def _follow_button(account: Account, at: str, *, follows: bool) -> Button:
    """`at` names the list in which it stands."""
    if follows:
        return Button("Unfollow", "unfollow", f"{account.id} {at}")
    return Button("Follow", "follow", f"{account.id} {at}", "primary")


def _some(found: Sequence[Account], first: int) -> Sequence[Account]:
    return found[first : first + MOST_ITEMS]


def _more(action: str, found: Sequence[Account], first: int) -> tuple[Button, ...]:
    after = first + MOST_ITEMS
    return (Button("More", action, str(after)),) if after < len(found) else ()
