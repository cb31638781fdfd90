"""The MQTT contract as types: every message, every topic, who may read and write it; its documents and its checks."""
