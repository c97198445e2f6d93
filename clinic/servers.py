"""The embedded PostgreSQL and Valkey that serve a machine with neither."""

from pathlib import Path


def database_url(base_dir: Path) -> str:
    """Name the embedded PostgreSQL's socket, whether it runs or not."""
    return f"postgresql://postgres@/clinic?host={base_dir / '.local' / 'run'}"


def redis_url(base_dir: Path) -> str:
    """Name the embedded Valkey's socket, whether it runs or not."""
    return f"unix://{base_dir / '.local' / 'run' / 'valkey.sock'}"
