"""What a sample is, in requests and replies."""

import re
from typing import Dict, List, Optional, Tuple

# The samples of each key as (timestamp, value), by timestamp.
Samples = Dict[str, List[Tuple[int, float]]]

# A key, its value and its timestamp; None is now, in the unit of the client.
Sample = Tuple[str, float, Optional[int]]

# The longest key that any server accepts, in bytes of UTF-8. Most refuse more than 255.
MAX_KEY = 1000

# A timestamp is a signed 64-bit integer.
TIMESTAMPS = range(-(2**63), 2**63)

# No white space (including Unicode's), control characters or lone surrogates, which UTF-8 lacks.
KEY = r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+"

SAMPLE_LINE = re.compile(rf"({KEY}) ([-+.0-9eE]+) ([-+]?[0-9]+)")
