"""Addresses of finding, booking and changing sessions."""

from django.urls import path

from bookings.views import book, booked, desk, directory, my

urlpatterns = [
    path("specialists/", directory.specialists, name="specialists"),
    path("specialists/<slug:slug>/", directory.specialist, name="specialist"),
    path("book/", book.book_service, name="book_service"),
    path("book/keep-longer/", book.keep_longer, name="keep_longer"),
    path("book/from/<str:token>/", book.book_from, name="book_from"),
    path("book/done/<uuid:public_id>/", booked.booked, name="booked"),
    path("book/done/<uuid:public_id>/undo/", booked.undo, name="undo_booking"),
    path("book/done/<uuid:public_id>/session.ics", booked.visit_file, name="visit_file"),
    path("book/<slug:slug>/", book.book_time, name="book_time"),
    path("book/<slug:slug>/you/", book.book_you, name="book_you"),
    path("my/", my.my_sessions, name="my_sessions"),
    path("my/visits/<uuid:public_id>/", my.my_visit, name="my_visit"),
    path("my/visits/<uuid:public_id>/move/", my.my_visit_move, name="my_visit_move"),
    path("my/visits/<uuid:public_id>/cancel/", my.my_visit_cancel, name="my_visit_cancel"),
    path("v/<str:token>/", my.visit_by_link, name="visit_link"),
    path("v/<str:token>/move/", my.visit_by_link_move, name="visit_link_move"),
    path("v/<str:token>/cancel/", my.visit_by_link_cancel, name="visit_link_cancel"),
    path("v/<str:token>/session.ics", my.visit_by_link_file, name="visit_link_file"),
    path("u/<str:token>/", my.unsubscribe, name="unsubscribe"),
    path("desk/clients/", desk.desk_clients, name="desk_clients"),
    path("desk/visits/<uuid:public_id>/mark/", desk.desk_visit_mark, name="desk_visit_mark"),
]
