"""English phrases that a shorter one says as well, and phrases that say nothing.

Both tables cost tokens and, as far as anybody has measured, nothing else. Words that bound or
stress a demand are in neither: just, only, some, very, actually, simply, must.
"""

from __future__ import annotations

from collections.abc import Mapping

VERBOSE: Mapping[str, str] = {
    "a large number of": "many",
    "are able to": "can",
    "at all times": "always",
    "at the present time": "now",
    "at this point in time": "now",
    "despite the fact that": "although",
    "due to the fact that": "because",
    "each and every": "every",
    "first and foremost": "first",
    "for the purpose of": "for",
    "for the reason that": "because",
    "give consideration to": "consider",
    "has the ability to": "can",
    "have the ability to": "can",
    "in a timely manner": "promptly",
    "in close proximity to": "near",
    "in light of the fact that": "because",
    "in order to": "to",
    "in spite of the fact that": "although",
    "in the absence of": "without",
    "in the event that": "if",
    "in the near future": "soon",
    "in the vicinity of": "near",
    "is able to": "can",
    "make use of": "use",
    "makes use of": "uses",
    "on a daily basis": "daily",
    "on a regular basis": "regularly",
    "on the grounds that": "because",
    "owing to the fact that": "because",
    "perform an analysis of": "analyze",
    "prior to": "before",
    "provide a summary of": "summarize",
    "so as to": "to",
    "subsequent to": "after",
    "take into consideration": "consider",
    "until such time as": "until",
    "with reference to": "about",
    "with regard to": "about",
    "with the exception of": "except",
}
"""A wordy phrase and what says the same."""

FILLER: Mapping[str, str] = {
    "as a matter of fact": "",
    "as you know": "",
    "at the end of the day": "",
    "basically": "",
    "for all intents and purposes": "",
    "honestly speaking": "",
    "i kindly ask you to": "",
    "i would like you to": "",
    "i'd like you to": "",
    "i want you to": "",
    "it goes without saying that": "",
    "it should be noted that": "",
    "it is worth noting that": "",
    "kindly": "",
    "needless to say": "",
    "please be advised that": "",
    "please kindly": "please",
    "please note that": "",
    "to be honest": "",
}
"""A phrase that can go, and what stays of it. A comma right behind it goes with it."""
