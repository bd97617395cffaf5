"""The exchange: who may call, and where a call goes."""
