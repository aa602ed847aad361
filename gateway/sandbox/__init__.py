"""A stand-in of the upstream service, to run and test against without a network.

Where it is known to differ from the real one:

* the reason phrase of an error is the standard one: ASGI has no way to set another
* request bodies in JSV and CSV are not read as such: all but XML is read as JSON
* a batch never holds HttpResult envelopes, and no FluentValidation vetoes one before it runs
* answers have a Content-Length; they are not chunked
"""

from gateway.sandbox.app import Sandbox, create_sandbox
from gateway.sandbox.auth import DEMO_TOKEN
from gateway.sandbox.calls import Call
from gateway.sandbox.switches import Switches
from gateway.sandbox.transport import SandboxTransport
from gateway.sandbox.wire import over_the_wire

__all__ = ["DEMO_TOKEN", "Call", "Sandbox", "SandboxTransport", "Switches", "create_sandbox", "over_the_wire"]
