"""PostgreSQL refuses to run as root; when root starts it, it runs as a system user of its own."""

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from orderloom.errors import Refused

SYSTEM_USER = "pgserver"  # the name that the wheel's own launcher uses


def system_user() -> str | None:
    """Whom PostgreSQL runs as: None (ourselves) unless we are root. Creates the user if needed."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _create_user()
    return SYSTEM_USER


def own(path: Path, user: str) -> None:
    """Gives `path` (and nothing inside) to `user`, for whom the way to it is opened."""
    entry = pwd.getpwnam(user)
    os.chown(path, entry.pw_uid, entry.pw_gid)
    open_way_to(path)


def open_way_to(target: Path) -> None:
    """Lets every user pass through the folders above `target`; not list or read them."""
    for folder in target.absolute().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _create_user() -> None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        raise Refused(
            "PostgreSQL does not run as root, and there is no `useradd` to create a system user. "
            f"Create the user {SYSTEM_USER}, run Orderloom as another user, or set DATABASE_URL."
        )
    subprocess.run(
        [useradd, "--system", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER],
        check=True,
        capture_output=True,
    )
