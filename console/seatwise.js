// All elements, for a host page (README.md). A page that needs only some loads their files instead.

import "./screens/access.js";
import "./screens/activity.js";
import "./screens/api-keys.js";
import "./screens/billing.js";
import "./screens/coordinator.js";
import "./screens/create-workspace.js";
import "./screens/invite.js";
import "./screens/leave.js";
import "./screens/links.js";
import "./screens/members.js";
import "./screens/my-invitations.js";
import "./screens/my-settings.js";
import "./screens/notices.js";
import "./screens/purchase.js";
import "./screens/resources.js";
import "./screens/seats.js";
import "./screens/settings.js";
import "./screens/switcher.js";
