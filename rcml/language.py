"""Language tags (BCP 47), as documents and configurations write them."""

import re

LANGUAGE_TAG = re.compile(r"([A-Za-z]{2,3})(?:-[A-Za-z0-9]{1,8}){0,3}")
"""Such as `en` or `en-US`; the first group is the language alone."""
