"""Block Kit as tables: every block, element and text object, with the keys and limits it has."""

from typing import Any

from sandbox.slack.checks import (
    Check,
    Shape,
    among,
    anything,
    array,
    flag,
    keys,
    number,
    one_of,
    plain,
    shape,
    string,
    typed,
    url,
    words,
)

MARKDOWN_LIMIT = 12_000
_CONFIRM = shape(
    {
        "title": plain(100),
        "text": words(300),
        "confirm": plain(30),
        "deny": plain(30),
        "style": one_of("primary", "danger"),
    },
    {"title", "text", "confirm", "deny"},
)
_OPTION = shape(
    {
        "text": words(75),
        "value": string(1, 150),
        "description": words(75),
        "url": url(),
    },
    {"text", "value"},
)
_OPTIONS = array(1, 100, _OPTION)
_GROUPS = array(1, 100, shape({"label": plain(75), "options": _OPTIONS}, {"label", "options"}))
_FILTER = shape(
    {
        "include": array(1, 4, one_of("im", "mpim", "private", "public")),
        "exclude_external_shared_channels": flag,
        "exclude_bot_users": flag,
    },
    set(),
)
_DISPATCH = shape(
    {"trigger_actions_on": array(1, 2, one_of("on_enter_pressed", "on_character_entered"))},
    set(),
)
_ACTION: dict[str, Check] = {
    "action_id": string(1, 255),
    "confirm": _CONFIRM,
    "focus_on_load": flag,
}
_PLACEHOLDER: dict[str, Check] = {**_ACTION, "placeholder": plain(150)}
_NAME = string(1, 255)
_NAMES = array(0, 100, _NAME)
_MOST: dict[str, Check] = {**_PLACEHOLDER, "max_selected_items": number}

ELEMENTS: dict[str, Shape] = {
    "button": (
        {
            **_ACTION,
            "text": plain(75),
            "url": url(),
            "value": string(0, 2_000),
            "style": one_of("primary", "danger"),
            "accessibility_label": string(1, 75),
        },
        {"text"},
    ),
    "overflow": ({**_ACTION, "options": array(1, 5, _OPTION)}, {"options"}),
    "static_select": (
        {
            **_PLACEHOLDER,
            "options": _OPTIONS,
            "option_groups": _GROUPS,
            "initial_option": _OPTION,
        },
        set(),
    ),
    "external_select": (
        {**_PLACEHOLDER, "initial_option": _OPTION, "min_query_length": number},
        set(),
    ),
    "users_select": ({**_PLACEHOLDER, "initial_user": _NAME}, set()),
    "conversations_select": (
        {
            **_PLACEHOLDER,
            "initial_conversation": _NAME,
            "default_to_current_conversation": flag,
            "response_url_enabled": flag,
            "filter": _FILTER,
        },
        set(),
    ),
    "channels_select": (
        {**_PLACEHOLDER, "initial_channel": _NAME, "response_url_enabled": flag},
        set(),
    ),
    "multi_static_select": (
        {
            **_MOST,
            "options": _OPTIONS,
            "option_groups": _GROUPS,
            "initial_options": array(1, 100, _OPTION),
        },
        set(),
    ),
    "multi_external_select": (
        {**_MOST, "min_query_length": number, "initial_options": array(1, 100, _OPTION)},
        set(),
    ),
    "multi_users_select": ({**_MOST, "initial_users": _NAMES}, set()),
    "multi_conversations_select": (
        {
            **_MOST,
            "initial_conversations": _NAMES,
            "default_to_current_conversation": flag,
            "filter": _FILTER,
        },
        set(),
    ),
    "multi_channels_select": ({**_MOST, "initial_channels": _NAMES}, set()),
    "checkboxes": (
        {**_ACTION, "options": array(1, 10, _OPTION), "initial_options": array(1, 10, _OPTION)},
        {"options"},
    ),
    "radio_buttons": (
        {**_ACTION, "options": array(1, 10, _OPTION), "initial_option": _OPTION},
        {"options"},
    ),
    "datepicker": ({**_PLACEHOLDER, "initial_date": string(10, 10)}, set()),
    "timepicker": (
        {**_PLACEHOLDER, "initial_time": string(5, 5), "timezone": string(1, 100)},
        set(),
    ),
    "datetimepicker": ({**_ACTION, "initial_date_time": number}, set()),
}
_TEXT_INPUT: dict[str, Check] = {
    **_PLACEHOLDER,
    "initial_value": string(0, 3_000),
    "dispatch_action_config": _DISPATCH,
}
INPUTS: dict[str, Shape] = {
    **{kind: rule for kind, rule in ELEMENTS.items() if kind not in ("button", "overflow")},
    "plain_text_input": (
        {
            **_TEXT_INPUT,
            "multiline": flag,
            "min_length": number,
            "max_length": number,
        },
        set(),
    ),
    "email_text_input": (_TEXT_INPUT, set()),
    "url_text_input": (_TEXT_INPUT, set()),
    "number_input": (
        {
            **_TEXT_INPUT,
            "is_decimal_allowed": flag,
            "min_value": string(1, 50),
            "max_value": string(1, 50),
        },
        {"is_decimal_allowed"},
    ),
    "rich_text_input": (
        {**_PLACEHOLDER, "initial_value": anything, "dispatch_action_config": _DISPATCH},
        set(),
    ),
    "file_input": (
        {"action_id": _NAME, "filetypes": array(1, 50, _NAME), "max_files": number},
        set(),
    ),
}
_IMAGE: dict[str, Check] = {
    "image_url": url(),
    "alt_text": string(0, 2_000),
    "slack_file": anything,
}


def _context_element(value: Any, at: str) -> None:
    if isinstance(value, dict) and value.get("type") == "image":
        keys(value, {"type": anything, **_IMAGE}, {"alt_text"}, at)
    else:
        words(2_000)(value, at)


def _accessory(value: Any, at: str) -> None:
    if isinstance(value, dict) and value.get("type") == "image":
        _context_element(value, at)
    else:
        typed(value, ELEMENTS, at)


_ID: dict[str, Check] = {"block_id": string(1, 255)}
BLOCKS: dict[str, Shape] = {
    "section": (
        {
            **_ID,
            "text": words(3_000),
            "fields": array(1, 10, words(2_000)),
            "accessory": _accessory,
            "expand": flag,
        },
        set(),
    ),
    "header": ({**_ID, "text": plain(150), "level": number}, {"text"}),
    "divider": (_ID, set()),
    "image": ({**_ID, **_IMAGE, "title": plain(2_000)}, {"alt_text"}),
    "context": ({**_ID, "elements": array(1, 10, _context_element)}, {"elements"}),
    "actions": ({**_ID, "elements": array(1, 25, among(ELEMENTS))}, {"elements"}),
    "input": (
        {
            **_ID,
            "label": plain(2_000),
            "element": among(INPUTS),
            "dispatch_action": flag,
            "hint": plain(2_000),
            "optional": flag,
        },
        {"label", "element"},
    ),
    "rich_text": ({**_ID, "elements": array(0, 1_000, anything)}, {"elements"}),
    "markdown": ({**_ID, "text": string(1, MARKDOWN_LIMIT)}, {"text"}),
    "video": (
        {
            **_ID,
            "alt_text": string(0, 2_000),
            "title": plain(199),
            "title_url": url(),
            "description": plain(199),
            "provider_icon_url": url(),
            "provider_name": string(0, 49),
            "thumbnail_url": url(),
            "video_url": url(),
            "author_name": string(0, 49),
        },
        {"alt_text", "title", "thumbnail_url", "video_url"},
    ),
}
