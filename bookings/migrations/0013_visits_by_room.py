from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("bookings", "0012_troubled_messages"),
        ("practitioners", "0003_longest_series"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(("status", "cancelled"), _negated=True),
                fields=["room", "starts_at"],
                name="standing_by_room",
            ),
        ),
    ]
