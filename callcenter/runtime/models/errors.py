"""What can go wrong with a model."""

from __future__ import annotations

from callcenter.errors import ShouwenError


class ModelsError(ShouwenError):
    """The model cannot be had."""


class UnknownModel(ModelsError):
    """There is no model of that name: `shouwen models list` names them."""


class ModelUnavailable(ModelsError):
    """The model could not be fetched: look at the network and try again."""


class ModelDamaged(ModelsError):
    """What was fetched is not what it should be: try again."""


class ModelAbsent(ModelsError):
    """The model is not installed."""
