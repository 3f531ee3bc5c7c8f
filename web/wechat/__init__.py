"""The WeChat service account (服务号): its callback, the messages that wait, the platform's API."""
