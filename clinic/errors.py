from django.http import HttpRequest, HttpResponse


def page_was_open_too_long(request: HttpRequest, reason: str = "") -> HttpResponse:
    return HttpResponse("Page was open too long - press again", status=403)
