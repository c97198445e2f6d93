"""Two entries of one person made one, and two again; nothing is ever deleted."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from bookings import merging
from bookings.clients import warn_of_likeness
from bookings.errors import NotPossible
from bookings.models import Appointment, ChannelConsent, Client, ClientAccess, ClientMerge, Task
from bookings.picking import value_of
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import NOW, make_appointment, make_client, make_staff, make_user
from practitioners.tests.factories import make_practitioner


@pytest.fixture
def boss(client: Browser) -> Any:
    user = make_staff("Admin", name="Ada Admin")
    client.force_login(user)
    return user


@pytest.fixture
def pair(db: None) -> tuple[Client, Client]:
    kept = make_client(name="Robin Known", phone="", email="robin@example.com")
    return kept, make_client(name="R Known", phone="+447700900123", email="")


def url(pair: tuple[Client, Client]) -> str:
    return f"/desk/clients/{pair[0].public_id}/same-as/{pair[1].public_id}/"


def test_everything_goes_to_the_entry_that_is_kept_and_comes_back(world: World, pair: Any) -> None:
    kept, other = pair
    visit = make_appointment(world.person, world.service, world.place, world.start, client=other)
    access = ClientAccess.objects.create(user=make_user(), client=other, relation="self")
    task = Task.objects.create(
        kind="x", title="x", role="Front desk", client=other, reason_key="x", due_at=NOW
    )
    done = merging.merge(kept, other, by=None, now=NOW)
    for row in (visit, access, task):
        row.refresh_from_db()
        assert row.client == kept
    other.refresh_from_db()
    kept.refresh_from_db()
    assert other.merged_into == kept
    assert (str(kept.phone), kept.email) == ("+447700900123", "robin@example.com")
    assert list(Client.objects.current()) == [kept]

    later = make_appointment(
        world.person, world.service, world.place, world.start + timedelta(days=1), client=kept
    )
    merging.undo(done, by=None, now=NOW)
    for row in (visit, access, task):
        row.refresh_from_db()
        assert row.client == other
    kept.refresh_from_db()
    later.refresh_from_db()
    assert (str(kept.phone), later.client) == ("", kept)
    assert Client.objects.current().count() == 2
    assert ClientMerge.objects.count() == 1


def test_the_same_again_changes_nothing(pair: Any) -> None:
    first = merging.merge(*pair, by=None, now=NOW)
    assert merging.merge(*pair, by=None, now=NOW) == first
    merging.undo(first, by=None, now=NOW)
    merging.undo(first, by=None, now=NOW)
    assert merging.merge(*pair, by=None, now=NOW) != first


def test_an_entry_given_up_is_not_given_up_twice(pair: Any) -> None:
    merging.merge(*pair, by=None, now=NOW)
    third = make_client()
    with pytest.raises(NotPossible):
        merging.merge(third, pair[1], by=None, now=NOW)
    with pytest.raises(NotPossible):
        merging.merge(pair[1], third, by=None, now=NOW)


def test_two_sessions_at_one_time_are_settled_first(world: World, pair: Any) -> None:
    for person, who in zip((world.person, make_practitioner(world.service)), pair, strict=True):
        make_appointment(person, world.service, world.place, world.start, client=who)
    with pytest.raises(NotPossible, match="Both have a session at the same time"):
        merging.merge(*pair, by=None, now=NOW)
    assert not ClientMerge.objects.exists()
    assert Client.objects.current().count() == 2


def test_what_both_have_once_stays_where_it_is(pair: Any) -> None:
    for person, given in zip(pair, (True, False), strict=True):
        ChannelConsent.objects.create(
            client=person, channel="email", is_given=given, changed_at=NOW, changed_by="desk"
        )
    merging.merge(*pair, by=None, now=NOW)
    kept, other = pair
    assert kept.consents.get().is_given
    assert not other.consents.get().is_given


def test_the_page_shows_both_and_joins_the_chosen(
    world: World, client: Browser, boss: Any, pair: Any
) -> None:
    kept, other = pair
    page = text_of(client.get(url(pair)))
    for word in (kept.name, other.name, kept.email, "+44 7700 900123"):
        assert word in page
    assert client.post(url(pair), {}).status_code == 422
    assert client.post(url(pair), {"keep": "x"}).status_code == 422
    answer = client.post(url(pair), {"keep": str(kept.public_id)}, follow=True)
    assert "Nothing was deleted." in text_of(answer)
    assert ClientMerge.objects.get().by == boss
    assert other.name not in text_of(client.get("/desk/clients/"))
    page = text_of(client.get(f"/desk/clients/{other.public_id}/"))
    assert "This entry was joined into" in page
    book = client.get(f"/desk/clients/{other.public_id}/book/")
    assert book["Location"] == f"/desk/clients/{kept.public_id}/book/"
    client.post(f"/desk/merges/{ClientMerge.objects.get().public_id}/undo/")
    assert Client.objects.current().count() == 2
    assert ClientMerge.objects.get().undone_by == boss


def test_who_may_join_them_is_told_as_well_and_joining_settles_it(
    world: World, client: Browser, boss: Any
) -> None:
    known, new = make_client(phone="+447700900123"), make_client(phone="+447700900123")
    warn_of_likeness(new, now=NOW)
    warn_of_likeness(new, now=NOW)
    tasks = Task.objects.order_by("role")
    assert [(one.role, one.client) for one in tasks] == [("Admin", new), ("Front desk", new)]
    assert "compare and join them" in text_of(client.get("/desk/to-do/"))
    merging.merge(known, new, by=boss, now=NOW)
    assert [(one.done_by, one.done_at) for one in tasks.all()] == [(boss, NOW)] * 2


def test_both_are_shown_in_the_words_of_the_desk(
    world: World, client: Browser, boss: Any, pair: Any
) -> None:
    kept, other = pair
    Client.objects.filter(pk=kept.pk).update(date_of_birth="1984-03-27")
    login = make_user(email="mother@example.com", name="Mother Login")
    ClientAccess.objects.create(user=login, client=other, relation="guardian")
    page = text_of(client.get(url(pair)))
    assert "<td>27 March 1984</td><td>–</td>" in page
    assert "<td>–</td><td>+44 7700 900123</td>" in page
    assert "<td>0</td><td>0</td>" in page
    assert page.index("Books for them") < page.index("Mother Login</span>, parent or guardian")


def test_the_client_page_offers_to_compare(world: World, client: Browser, boss: Any) -> None:
    one, other = make_client(email="same@example.com"), make_client(email="Same@example.com")
    page = text_of(client.get(f"/desk/clients/{one.public_id}/"))
    assert f"/same-as/{other.public_id}/" in page


def test_only_admins_and_the_lead_join_entries(world: World, client: Browser, pair: Any) -> None:
    login, treating = make_user(), make_user()
    make_client(login)
    world.person.user = treating
    world.person.save()
    done = f"/desk/merges/{pair[0].public_id}/undo/"
    assert client.post(url(pair), {"keep": str(pair[0].public_id)}).status_code == 302
    for user in (login, treating, make_staff("Front desk")):
        client.force_login(user)
        assert client.get(url(pair)).status_code == 403
        assert client.post(url(pair), {"keep": str(pair[0].public_id)}).status_code == 403
        assert client.post(done).status_code == 403
    client.force_login(make_staff("Clinical lead"))
    assert client.get(url(pair)).status_code == 200
    assert client.get(url((pair[0], pair[0]))).status_code == 404
    assert not ClientMerge.objects.exists()


def test_the_front_desk_is_told_who_may_join_them(client: Browser, pair: Any) -> None:
    Client.objects.update(phone="+447700900123")
    client.force_login(make_staff("Front desk"))
    page = text_of(client.get(f"/desk/clients/{pair[0].public_id}/"))
    assert pair[1].name in page
    assert "An admin or the clinical lead can compare and join them." in page
    client.force_login(make_staff("Admin"))
    page = text_of(client.get(f"/desk/clients/{pair[0].public_id}/"))
    assert "compare" in page
    assert "can compare and join them" not in page


class TestJoined:
    """An entry that was joined into another is worked with no more."""

    @pytest.fixture
    def joined(self, world: World, boss: Any, pair: Any) -> Client:
        kept, other = pair
        merging.merge(kept, other, by=None, now=NOW)
        return Client.objects.get(pk=other.pk)

    def test_its_page_offers_the_other_one_and_nothing_else(
        self, client: Browser, joined: Client
    ) -> None:
        page = text_of(client.get(f"/desk/clients/{joined.public_id}/"))
        kept = joined.that_counts
        assert f'href="/desk/clients/{kept.public_id}/">Open the entry of' in page
        for path in ("book/", "edit/", "assess/", "plan/", "wishes/"):
            assert f"/desk/clients/{joined.public_id}/{path}" not in page
        assert f"/desk/clients/{kept.public_id}/book/" in text_of(
            client.get(f"/desk/clients/{kept.public_id}/")
        )

    def test_looking_leads_to_the_same_page_of_the_other_one(
        self, world: World, client: Browser, joined: Client
    ) -> None:
        kept, slug = joined.that_counts, world.service.slug
        query = f"?practitioner={world.person.slug}"
        for path in (f"book/{query}", f"book/{slug}/{query}", f"wait/{slug}/", "edit/", "wishes/"):
            answer = client.get(f"/desk/clients/{joined.public_id}/{path}")
            assert answer["Location"] == f"/desk/clients/{kept.public_id}/{path}"
        page = text_of(client.get(answer["Location"]))
        assert "R Known was joined into Robin Known: this is for Robin Known." in page

    def test_a_press_is_refused_with_the_way_on(
        self, world: World, client: Browser, joined: Client
    ) -> None:
        kept, slug = joined.that_counts, world.service.slug
        base, query = f"/desk/clients/{joined.public_id}", f"practitioner={world.person.slug}"
        at = value_of(world.start)
        sent = {"start": at, "form_token": str(uuid.uuid4()), "times": "1", "every_weeks": "1",
                "name": "Somebody Else", "email": "x@example.com"}  # fmt: skip
        for path in (f"book/{slug}/", f"book/{slug}/series/"):
            answer = client.post(f"{base}/{path}?{query}", sent)
            page = text_of(answer)
            assert (answer.status_code, "Nothing was booked or saved" in page) == (409, True)
            way_on = f"/desk/clients/{kept.public_id}/book/{slug}/?{query}&amp;at={at}"
            assert f'href="{way_on}"' in page
        assert f'value="{at}" checked' in text_of(client.get(way_on.replace("&amp;", "&")))
        for path in (f"wait/{slug}/", "edit/", "wishes/"):
            assert client.post(f"{base}/{path}", sent).status_code == 409
        assert not Appointment.objects.exists()
        joined.refresh_from_db()
        assert (joined.name, joined.email) == ("R Known", "")

    def test_the_one_that_counts_may_itself_be_joined(self, joined: Client) -> None:
        last = make_client(name="Robin Last")
        merging.merge(last, joined.that_counts, by=None, now=NOW)
        assert Client.objects.get(pk=joined.pk).that_counts == last
        assert last.that_counts == last
