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
)


def apply(text: str, patch: Patch) -> str | None:
    """The changed text; None when the place is not found exactly once. What is changed already stays."""
    if patch.after in text:
        return text
    if text.count(patch.before) != 1:
        return None
    return text.replace(patch.before, patch.after)
