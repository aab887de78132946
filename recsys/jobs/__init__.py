"""Builds and exports in the background: a process of their own, and files that say how far it is.

In the artifacts folder, beside the versions::

    .job/job.json        (of an export .export-job/…) what was asked for, and the process that does it
    .job/progress.json   the stages so far, written by that process
    .job/log.txt         what it printed; its last line says why it failed

Whoever asks reads these files, so a closed tab, a second one and a restarted server change nothing.
"""
