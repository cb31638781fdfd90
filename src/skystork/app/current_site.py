"""The site as it is now: all of it stands while the service runs, except its airspace, which may be another."""

from __future__ import annotations

from dataclasses import replace

from skystork.app.site import Site
from skystork.app.site_airspace import SiteAirspace
from skystork.app.site_copies import ReadAgain


class CurrentSite:
    """Holds the one site that all desks read; its one writer is the zone desk."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def take(self, airspace: SiteAirspace) -> None:
        """From here on this airspace."""
        self.site = replace(self.site, airspace=airspace)

    def read_again(self, found: ReadAgain) -> None:
        """What is wrong with the site's files now, and where planners read them from here on."""
        self.site = replace(self.site, folder=found.folder or self.site.folder, unread=found.unread)
