"""Rules about the settings of what a template deploys: no run is needed to judge them.

A rule is a function over the picture of a template. It accuses only what the template tells;
what it leaves open is named, with the flag that supplies it.
"""
