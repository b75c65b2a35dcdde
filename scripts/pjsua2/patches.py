"""What is changed in pjproject's source before it is compiled: file, text, new text. Each text stands there once.

All of it is about peers that do what a textbook does not know; docs/sip.md tells which and why.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patch:
    """One change; `before` is found exactly once in `file`."""

    file: str
    before: str
    after: str


COMMON = "pjmedia/src/pjmedia/stream_imp_common.c"
STREAM = "pjmedia/src/pjmedia/stream.c"
DIALOG = "pjsip/src/pjsip/sip_dialog.c"
BINDING = "pjsip-apps/src/swig/pjsua2.i"
CORE = "pjsip/src/pjsua-lib/pjsua_core.c"

_NAT_CONTACT = """
/* A caller behind NAT: the Contact that it wrote cannot be reached, the source of its request can. Only where no proxy
 * stands between (one Via, no Record-Route) and where the Via shows the NAT.
 */
static void nat_contact(pj_pool_t *pool, const pjsip_rx_data *rdata, pjsip_contact_hdr *contact)
{
    const pjsip_via_hdr *via = rdata->msg_info.via;
    pjsip_sip_uri *uri;

    if (!via || rdata->msg_info.record_route || !contact || !contact->uri || contact->star)
        return;
    if (pjsip_msg_find_hdr(rdata->msg_info.msg, PJSIP_H_VIA, via->next))
        return;
    if (pj_stricmp2(&via->sent_by.host, rdata->pkt_info.src_name) == 0)
        return;
    if (!PJSIP_URI_SCHEME_IS_SIP(contact->uri) && !PJSIP_URI_SCHEME_IS_SIPS(contact->uri))
        return;
    uri = (pjsip_sip_uri*) pjsip_uri_get_uri(contact->uri);
    pj_strdup2_with_null(pool, &uri->host, rdata->pkt_info.src_name);
    uri->port = rdata->pkt_info.src_port;
}

"""

_OPTIONS_ANSWER = """
/* What OPTIONS outside dialogs is answered with, so that whoever spreads calls sees how much room there is. pjsua \
thread
 * only. status: 200, or 503 while no calls are taken; free_calls: -1 for no header.
 */
static int options_status = 200;
static int options_free_calls = -1;
static int options_retry_after = 0;

void pjsua_set_options_answer(int status, int free_calls, int retry_after)
{
    options_status = status;
    options_free_calls = free_calls;
    options_retry_after = retry_after;
}

static void add_number(pjsip_tx_data *tdata, const char *name, int number)
{
    char text[16];
    pj_str_t header, value;

    header = pj_str((char*)name);
    value.ptr = text;
    value.slen = pj_utoa((unsigned long)number, text);
    pjsip_msg_add_hdr(tdata->msg, (pjsip_hdr*)
                      pjsip_generic_string_hdr_create(tdata->pool, &header, &value));
}

"""

PATCHES = (
    # The sound's callbacks keep Python's lock from begin to end. Upstream gives it up in each access to a frame, so
    # that a busy thread can take it nine times a frame, and touches Python objects without it (PyObject_GetBuffer).
    Patch(
        BINDING,
        '%include "std_string.i"\n%include "std_vector.i"\n',
        "%nothread std::vector<unsigned char>::assign_from_bytes;\n"
        "%nothread std::vector<unsigned char>::copy_to_bytearray;\n"
        "%nothread pj::MediaFrame::type;\n"
        "%nothread pj::MediaFrame::buf;\n"
        "%nothread pj::MediaFrame::size;\n"
        '%include "std_string.i"\n%include "std_vector.i"\n',
    ),
    # The address of the session description wins over one that was latched before it was heard. Without this a
    # stranger whose packet comes first would keep the call's audio.
    Patch(
        COMMON,
        "            if (c_strm->rtp_src_cnt < PJMEDIA_RTP_NAT_PROBATION_CNT) {\n",
        "            if (pj_sockaddr_cmp(&c_strm->si->rem_addr, param->src_addr) == 0) {\n"
        "                param->rem_switch = PJ_TRUE;\n"
        "            } else if (c_strm->rtp_src_cnt < PJMEDIA_RTP_NAT_PROBATION_CNT) {\n",
    ),
    # Keys under the payload type that the far side named, also where it should use ours (RFC 3264 section 5.1).
    Patch(
        COMMON,
        "    check_pt = check_pt && hdr->pt != stream->rx_event_pt;\n",
        "    check_pt = check_pt && hdr->pt != stream->rx_event_pt &&\n"
        "               (int)hdr->pt != stream->tx_event_pt;\n",
    ),
    Patch(
        STREAM,
        "    if (hdr->pt == stream->rx_event_pt) {\n",
        "    if (hdr->pt == stream->rx_event_pt || (int)hdr->pt == stream->tx_event_pt) {\n",
    ),
    # Every event packet is told, with its exact timestamp: ivr/sip/keys.py counts presses by it. Upstream goes by
    # duration, and so loses a second press of the same key whose first packets look like the end of the one before.
    Patch(
        STREAM,
        "        emit_event = !is_event_end || stream->last_dtmf_ended != is_event_end;\n",
        "        emit_event = PJ_TRUE;\n",
    ),
    Patch(
        STREAM,
        "    pj_bool_t emit_event;\n    float ts_modifier = 1.0;\n",
        "    pj_bool_t emit_event;\n    double ts_modifier = 1.0;\n",
    ),
    # BYE and re-INVITE reach a caller behind NAT.
    Patch(
        DIALOG,
        "/*\n * Create UAS dialog.\n */\npj_status_t create_uas_dialog(",
        _NAT_CONTACT + "/*\n * Create UAS dialog.\n */\npj_status_t create_uas_dialog(",
    ),
    Patch(
        DIALOG,
        "                          pjsip_hdr_clone(dlg->pool, (pjsip_hdr*)contact_hdr);\n",
        "                          pjsip_hdr_clone(dlg->pool, (pjsip_hdr*)contact_hdr);\n"
        "    nat_contact(dlg->pool, rdata, dlg->remote.contact);\n",
    ),
    Patch(
        DIALOG,
        "                                  pjsip_hdr_clone(dlg->pool, contact);\n"
        "            dlg->target = dlg->remote.contact->uri;\n\n"
        "            /* Update remote info as well. */\n"
        "            dlg->remote.info = (pjsip_fromto_hdr*)\n"
        "                               pjsip_hdr_clone(dlg->pool, rdata->msg_info.from);\n",
        "                                  pjsip_hdr_clone(dlg->pool, contact);\n"
        "            nat_contact(dlg->pool, rdata, dlg->remote.contact);\n"
        "            dlg->target = dlg->remote.contact->uri;\n\n"
        "            /* Update remote info as well. */\n"
        "            dlg->remote.info = (pjsip_fromto_hdr*)\n"
        "                               pjsip_hdr_clone(dlg->pool, rdata->msg_info.from);\n",
    ),
    # OPTIONS tells how many calls this node would take, and 503 while it takes none (ivr/sip/native.py).
    Patch(
        CORE,
        "static pj_bool_t options_on_rx_request(pjsip_rx_data *rdata)\n{\n",
        _OPTIONS_ANSWER + "static pj_bool_t options_on_rx_request(pjsip_rx_data *rdata)\n{\n",
    ),
    Patch(
        CORE,
        "    status = pjsip_endpt_create_response(pjsua_var.endpt, rdata, 200, NULL, \n"
        "                                         &tdata);\n"
        "    if (status != PJ_SUCCESS) {\n"
        '        pjsua_perror(THIS_FILE, "Unable to create OPTIONS response", status);\n'
        "        return PJ_TRUE;\n"
        "    }\n",
        "    status = pjsip_endpt_create_response(pjsua_var.endpt, rdata, options_status, NULL,\n"
        "                                         &tdata);\n"
        "    if (status != PJ_SUCCESS) {\n"
        '        pjsua_perror(THIS_FILE, "Unable to create OPTIONS response", status);\n'
        "        return PJ_TRUE;\n"
        "    }\n"
        "    if (options_free_calls >= 0)\n"
        '        add_number(tdata, "X-Free-Calls", options_free_calls);\n'
        "    if (options_retry_after > 0)\n"
        '        add_number(tdata, "Retry-After", options_retry_after);\n',
    ),
)


def apply(text: str, patch: Patch) -> str | None:
    """The changed text; None when the place is not found exactly once. What is changed already stays."""
    if patch.after in text:
        return text
    if text.count(patch.before) != 1:
        return None
    return text.replace(patch.before, patch.after)
