"""The whole product, started as an operator starts it and called by real SIP phones."""
