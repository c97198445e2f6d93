"""Medical and relaxation massage compared: ten plain points, question first."""

from __future__ import annotations

POINTS = (
    ("What is it for?", "A complaint and a goal that we agree on", "Rest and comfort"),
    (
        "What do people come with?",
        "For example neck pain, low back pain or a stiff shoulder",
        "Nothing in particular, or a tiring week",
    ),
    (
        "Who gives it?",
        "A specialist certified in every technique that is used",
        "A specialist certified in every technique that is used",
    ),
    (
        "What happens first?",
        "Questions about your health, a safety check and an assessment",
        "A short safety check",
    ),
    ("Which areas are worked on?", "Those that the plan names", "Those that you like"),
    ("How strong is it?", "As the area needs and you find acceptable", "As you prefer"),
    ("How often?", "As the plan suggests, with a review date", "As you like"),
    (
        "Does it work with other care?",
        "Yes: with your permission we write to your doctor or physiotherapist",
        "Tell us about treatment that you have, so that it stays safe",
    ),
    ("What do I take home?", "Advice and exercises", "Nothing that you have to do"),
    (
        "How do we know that it helped?",
        "We measure before, during and after, and stop when it does not",
        "You tell us",
    ),
)
