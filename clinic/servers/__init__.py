"""The embedded PostgreSQL and Valkey that serve a machine with neither.

`manage.py up` starts them with lasting data, `.ci/with-servers` with data that
is thrown away. Both listen on sockets in a private folder and on no port.
Nothing here needs Django's settings.
"""

from clinic.servers.places import cache_url, database_url, redis_url

__all__ = ["cache_url", "database_url", "redis_url"]
