"""Every address of the site. The apps bring their own; the rest belongs to no app."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from health_check.views import HealthCheckView

from clinic.views import health, landing, mailbox, people, sign_in, theme

urlpatterns = [
    path("", landing.landing, name="landing"),
    path("", include("bookings.urls")),  # what most requests are for: addresses are tried in order
    path("theme/", theme.theme, name="theme"),
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/demo/", sign_in.demo_sign_in, name="demo_sign_in"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("start/", sign_in.start, name="start"),
    path("setup/<str:token>/", people.setup, name="setup"),
    path("desk/checklist/", people.checklist, name="checklist"),
    path("desk/checklist/test-mail/", people.test_mail, name="test_mail"),
    path("desk/staff/", people.staff, name="staff"),
    path("desk/staff/<int:pk>/leaves/", people.staff_leaves, name="staff_leaves"),
    path("desk/to-do/", people.todo, name="todo"),
    path("desk/to-do/<int:pk>/done/", people.todo_done, name="todo_done"),
    path("desk/to-do/<int:pk>/undo/", people.todo_undo, name="todo_undo"),
    path("demo/mail/", mailbox.demo_mail, name="demo_mail"),
    path("demo/mail/<str:name>/", mailbox.demo_mail_text, name="demo_mail_text"),
    path("demo/mail/<str:name>/html/", mailbox.demo_mail_html, name="demo_mail_html"),
    path("demo/mail/<str:name>/files/<int:number>/", mailbox.demo_mail_file, name="demo_mail_file"),
    path(
        "health/",
        login_not_required(
            HealthCheckView.as_view(checks=["health_check.Database", "health_check.Cache"])
        ),
        name="health",
    ),
    path("health/messages/", health.messages_health, name="messages_health"),
    path("desk/messages/", health.desk_messages, name="desk_messages"),
    path("admin/", admin.site.urls),
    path("", include("practitioners.urls")),
    path("", include("treatment_plans.urls")),
]

handler400 = "clinic.errors.bad_request"
handler403 = "clinic.errors.not_allowed"
handler404 = "clinic.errors.not_found"
handler500 = "clinic.errors.server_error"
