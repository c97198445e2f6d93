"""Addresses of finding, booking and changing sessions."""

from django.urls import path

from bookings.views import (
    book,
    booked,
    desk,
    desk_book,
    desk_clients,
    desk_visit,
    directory,
    my,
    times,
    unsubscribe,
    visit_link,
    you,
)

urlpatterns = [
    path("specialists/", directory.specialists, name="specialists"),
    path("specialists/<slug:slug>/", directory.specialist, name="specialist"),
    path("book/", book.book_service, name="book_service"),
    path("book/from/<str:token>/", book.book_from, name="book_from"),
    path("book/done/<uuid:public_id>/", booked.booked, name="booked"),
    path("book/done/<uuid:public_id>/undo/", booked.undo, name="undo_booking"),
    path("book/done/<uuid:public_id>/calendar.ics", booked.visit_file, name="visit_file"),
    path("book/<slug:slug>/", times.book_time, name="book_time"),
    path("book/<slug:slug>/you/", you.book_you, name="book_you"),
    path("my/", my.my_sessions, name="my_sessions"),
    path("my/visits/<uuid:public_id>/", my.my_visit, name="my_visit"),
    path("my/visits/<uuid:public_id>/move/", my.my_visit_move, name="my_visit_move"),
    path("my/visits/<uuid:public_id>/cancel/", my.my_visit_cancel, name="my_visit_cancel"),
    path("v/new-link/", visit_link.visit_link_new, name="visit_link_new"),
    path("v/<str:token>/", visit_link.visit_by_link, name="visit_link"),
    path("v/<str:token>/move/", visit_link.visit_by_link_move, name="visit_link_move"),
    path("v/<str:token>/cancel/", visit_link.visit_by_link_cancel, name="visit_link_cancel"),
    path("v/<str:token>/renew/", visit_link.visit_link_renew, name="visit_link_renew"),
    path("v/<str:token>/calendar.ics", visit_link.visit_by_link_file, name="visit_link_file"),
    path("u/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    path("desk/clients/", desk.desk_clients, name="desk_clients"),
    path("desk/clients/new/", desk_clients.desk_client_new, name="desk_client_new"),
    path(
        "desk/clients/<uuid:public_id>/edit/",
        desk_clients.desk_client_edit,
        name="desk_client_edit",
    ),
    path("desk/clients/<uuid:public_id>/book/", desk_book.desk_book, name="desk_book"),
    path(
        "desk/clients/<uuid:public_id>/book/<slug:slug>/",
        desk_book.desk_book_time,
        name="desk_book_time",
    ),
    path("desk/visits/<uuid:public_id>/", desk_visit.desk_visit, name="desk_visit"),
    path("desk/visits/<uuid:public_id>/move/", desk_visit.desk_visit_move, name="desk_visit_move"),
    path(
        "desk/visits/<uuid:public_id>/cancel/",
        desk_visit.desk_visit_cancel,
        name="desk_visit_cancel",
    ),
    path("desk/visits/<uuid:public_id>/mark/", desk_visit.desk_visit_mark, name="desk_visit_mark"),
]
