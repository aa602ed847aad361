"""A stand-in of the upstream service, to run and test against without a network."""

from gateway.sandbox.app import Sandbox, create_sandbox
from gateway.sandbox.auth import DEMO_TOKEN
from gateway.sandbox.calls import Call
from gateway.sandbox.switches import Switches
from gateway.sandbox.transport import SandboxTransport

__all__ = ["DEMO_TOKEN", "Call", "Sandbox", "SandboxTransport", "Switches", "create_sandbox"]
