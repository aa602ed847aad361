"""An answer as a value: status, headers, body, in the format that was negotiated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from starlette.responses import Response

from gateway.sandbox import json_text, table_text, xml_text
from gateway.sandbox.failures import BareError, CallError, FilterError, ServiceError
from gateway.sandbox.formats import CONTENT_TYPES, Format
from gateway.sandbox.kpi import OPERATION, Dto, Kpi
from gateway.sandbox.response_status import ResponseStatus, json_error, status_of
from gateway.sandbox.switches import Switches

COMPLETED = "X-AutoBatch-Completed"

ASP_NET = "ASP.NET"
_SERVICE_STACK = "ServiceStack/6.11 NetCore/Linux"
_JSON = CONTENT_TYPES[Format.JSON]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def with_headers(self, headers: Mapping[str, str]) -> "Answer":
        return replace(self, headers={**self.headers, **headers})

    def without(self, header: str) -> "Answer":
        return replace(self, headers={name: each for name, each in self.headers.items() if name != header})

    def response(self) -> Response:
        response = Response(self.body, self.status)
        for name, value in self.headers.items():
            response.headers[name] = value
        return response


def powered_by(product: str, canary: str) -> dict[str, str]:
    return {"X-Powered-By": f"{product} {canary}".rstrip()}


def global_headers(switches: Switches) -> dict[str, str]:
    """Return what every answer of ServiceStack's carries, and none of ASP.NET's own or a proxy's."""
    return {"Vary": "Accept", **powered_by(_SERVICE_STACK, switches.canary)}


def of_result(dto: Dto | None, form: Format, switches: Switches) -> Answer:
    """Answer one call; no result is a 204."""
    if dto is None:
        return Answer(204, global_headers(switches))
    return _written(200, _one(dto, form), form, switches)


def of_batch(dtos: Sequence[Dto | None], form: Format, switches: Switches, completed: int = 0) -> Answer:
    """Answer a batch; an empty one did not run, and has no count."""
    answer = _written(200, _many(dtos, form, switches.null_item), form, switches)
    return answer.with_headers({COMPLETED: str(completed)}) if completed else answer


def of_error(error: CallError, form: Format, switches: Switches) -> Answer:
    if isinstance(error, BareError):
        return _bare(error, switches)
    answer = _written(error.status, _error_text(error, form, switches), form, switches)
    return answer if error.completed is None else answer.with_headers({COMPLETED: str(error.completed)})


def _bare(error: BareError, switches: Switches) -> Answer:
    by_service = isinstance(error, FilterError)
    signed = global_headers(switches) if by_service else powered_by(ASP_NET, switches.canary)
    headers = {**error.headers, **signed}
    if not error.message:
        return Answer(error.status, headers)
    body = f"{error.message}\n{switches.canary}".rstrip()
    return Answer(error.status, {"Content-Type": "text/plain", **headers}, body.encode())


def _error_text(error: CallError, form: Format, switches: Switches) -> str:
    if isinstance(error, ServiceError) and switches.error_body == "emptyDto":
        return _one(Kpi(customer=0, currency=switches.canary or None).dto(), form)
    status = status_of(error, canary=switches.canary, debug=switches.debug_mode)
    return _status_text(status, form, switches.framework_casing)


def _status_text(status: ResponseStatus, form: Format, casing: str) -> str:
    if form is Format.XML:
        return xml_text.xml_error(status)
    if form is Format.HTML:
        return table_text.html_error(status.code, status.message)
    return json_error(status, casing)


def _one(dto: Dto, form: Format) -> str:
    if form is Format.JSON:
        return json_text.json_object(dto)
    if form is Format.XML:
        return xml_text.xml_object(dto)
    if form is Format.JSV:
        return json_text.jsv_object(dto)
    return _rows([dto], form)


def _many(dtos: Sequence[Dto | None], form: Format, null_item: str) -> str:
    if form is Format.JSON:
        return json_text.json_array(dtos, null_item)
    if form is Format.XML:
        return xml_text.xml_array(dtos)
    if form is Format.JSV:
        return json_text.jsv_array(dtos)
    return _rows(dtos, form)


def _rows(dtos: Sequence[Dto | None], form: Format) -> str:
    if form is Format.HTML:
        return table_text.html_tables(dtos)
    return table_text.csv_table(dtos) if form is Format.CSV else json_text.json_lines(dtos)


def _written(status: int, text: str, form: Format, switches: Switches) -> Answer:
    headers = {"Content-Type": CONTENT_TYPES[form], **global_headers(switches)}
    if form is Format.CSV:
        headers["Content-Disposition"] = f"attachment;filename={OPERATION}.csv"
    return Answer(status, headers, text.encode())


def padded(answer: Answer, function: str) -> Answer:
    """Wrap a JSON answer for JSONP; no other is wrapped."""
    if answer.headers.get("Content-Type") != _JSON:
        return answer
    return replace(answer, body=function.encode() + b"(" + answer.body + b")").with_headers(
        {"Content-Type": "text/javascript"}
    )
