"""Addresses of the desk that show why clients come."""

from django.urls import path

from treatment_plans.views import (
    aftercare,
    assessment,
    caseload,
    check_in,
    day,
    desk,
    handing_over,
    holds,
    letters,
    measures_link,
    my_data,
    my_plan,
    plan,
    plan_dates,
    plan_edit,
    plan_steps,
    plan_words,
    portal,
    progress,
    record_access,
    results,
    reviews,
    scores,
    why,
)

urlpatterns = [
    path("q/<str:token>/", measures_link.measures_link, name="measures_link"),
    path("q/<str:token>/thanks/", measures_link.measures_thanks, name="measures_thanks"),
    path("c/<str:token>/", check_in.check_in, name="check_in"),
    path("c/<str:token>/thanks/", check_in.check_in_thanks, name="check_in_thanks"),
    path("desk/record-access/", record_access.desk_record_access, name="desk_record_access"),
    path("my/record-access/", record_access.my_record_access, name="my_record_access"),
    path("desk/", day.desk_day, name="desk_day"),
    path("desk/clients/<uuid:public_id>/", desk.desk_client, name="desk_client"),
    path(
        "desk/clients/<uuid:public_id>/assess/",
        assessment.assessment_new,
        name="desk_assessment_new",
    ),
    path(
        "desk/clients/<uuid:public_id>/messages/",
        why.desk_client_messages,
        name="desk_client_messages",
    ),
    path("desk/clients/<uuid:public_id>/plan/", plan_edit.plan_new, name="desk_plan_new"),
    path("desk/assessments/<uuid:public_id>/", assessment.assessment, name="desk_assessment"),
    path(
        "desk/assessments/<uuid:public_id>/edit/",
        assessment.assessment_edit,
        name="desk_assessment_edit",
    ),
    path("desk/plans/hand-over/<slug:slug>/", handing_over.desk_hand_over, name="desk_hand_over"),
    path("desk/plans/<uuid:public_id>/", plan.plan, name="desk_plan"),
    path("desk/plans/<uuid:public_id>/hold/", holds.plan_hold, name="desk_plan_hold"),
    path("desk/plans/<uuid:public_id>/edit/", plan_edit.plan_edit, name="desk_plan_edit"),
    path(
        "desk/plans/<uuid:public_id>/step/<slug:step>/", plan_steps.plan_step, name="desk_plan_step"
    ),
    path("desk/plans/<uuid:public_id>/words/", plan_words.plan_words, name="desk_plan_words"),
    path(
        "desk/plans/<uuid:public_id>/words/print/",
        plan_words.plan_words_print,
        name="desk_plan_words_print",
    ),
    path(
        "desk/plans/<uuid:public_id>/words/pdf/",
        plan_words.plan_words_pdf,
        name="desk_plan_words_pdf",
    ),
    path("desk/plans/<uuid:public_id>/ask-again/", plan.plan_ask_again, name="desk_plan_ask"),
    path("desk/plans/<uuid:public_id>/dates/", plan_dates.desk_plan_dates, name="desk_plan_dates"),
    path(
        "desk/plans/<uuid:public_id>/visits/<uuid:visit>/", plan.plan_visit, name="desk_plan_visit"
    ),
    path("desk/caseload/", caseload.desk_caseload, name="desk_caseload"),
    path(
        "desk/visits/<uuid:public_id>/aftercare/", aftercare.desk_aftercare, name="desk_aftercare"
    ),
    path("advice/<str:token>/", aftercare.aftercare_by_link, name="aftercare_link"),
    path("my/advice/<uuid:public_id>/", aftercare.my_aftercare, name="my_aftercare"),
    path("my/", portal.my_sessions, name="my_sessions"),
    path("my/data/my-data.json", my_data.my_data_json, name="my_data_json"),
    path("plan/<str:token>/", my_plan.plan_by_link, name="plan_link"),
    path("my/plans/<uuid:public_id>/", my_plan.my_plan, name="my_plan"),
    path("my/plans/<uuid:public_id>/print/", my_plan.my_plan_print, name="my_plan_print"),
    path("my/plans/<uuid:public_id>/pdf/", my_plan.my_plan_pdf, name="my_plan_pdf"),
    path("my/plans/<uuid:public_id>/dates/", plan_dates.my_plan_dates, name="my_plan_dates"),
    path("desk/plans/<uuid:public_id>/review/", reviews.desk_review_new, name="desk_review_new"),
    path("desk/results/", results.desk_results, name="desk_results"),
    path("desk/results/results.csv", results.desk_results_csv, name="desk_results_csv"),
    path("desk/reviews/", reviews.desk_reviews, name="desk_reviews"),
    path("desk/reviews/<uuid:public_id>/", reviews.desk_review, name="desk_review"),
    path("desk/reviews/<uuid:public_id>/letter/", letters.desk_letter, name="desk_letter"),
    path(
        "desk/letters/<uuid:public_id>/print/", letters.desk_letter_print, name="desk_letter_print"
    ),
    path("letter/<str:token>/", letters.letter_by_link, name="letter_link"),
    path("my/letters/<uuid:public_id>/", letters.my_letter, name="my_letter"),
    path(
        "desk/reviews/<uuid:public_id>/allow/", reviews.desk_review_allow, name="desk_review_allow"
    ),
    path("desk/plans/<uuid:public_id>/measures/", scores.plan_measures, name="desk_plan_measures"),
    path("desk/plans/<uuid:public_id>/scores/", scores.plan_scores, name="desk_plan_scores"),
    path("desk/scores/<uuid:public_id>/error/", scores.score_error, name="desk_score_error"),
    path(
        "desk/plans/<uuid:public_id>/progress/", progress.plan_progress, name="desk_plan_progress"
    ),
    path(
        "desk/plans/<uuid:public_id>/progress/print/",
        progress.plan_progress_print,
        name="desk_plan_progress_print",
    ),
    path(
        "desk/plans/<uuid:public_id>/progress/pdf/",
        progress.plan_progress_pdf,
        name="desk_plan_progress_pdf",
    ),
    path("my/progress/", progress.my_progress_list, name="my_progress_list"),
    path("my/plans/<uuid:public_id>/progress/", progress.my_progress, name="my_progress"),
    path(
        "my/plans/<uuid:public_id>/progress/print/",
        progress.my_progress_print,
        name="my_progress_print",
    ),
    path(
        "my/plans/<uuid:public_id>/progress/pdf/", progress.my_progress_pdf, name="my_progress_pdf"
    ),
]
