"""The models of speech, recognisers' and synthesis' alike: which there are, fetching, keeping, checking, removing."""
