#include "service/upstream/piapi/webhook.h"

#include "service/base/sha256.h"
#include "service/model/names.h"
#include "service/upstream/json_node.h"
#include "service/upstream/upstream.h"

namespace seedance::upstream {

bool IsPiApiWebhookSecret(const base::Secret& secret, std::string_view said) {
  // Compares hashes, whose length does not depend on the input.
  const std::string right = base::Sha256Hex(secret.Reveal());
  const std::string given = base::Sha256Hex(said);
  unsigned char difference = 0;
  for (size_t i = 0; i < right.size(); ++i) difference |= static_cast<unsigned char>(right[i] ^ given[i]);
  return difference == 0 && !secret.empty();
}

std::string PiApiWebhookTask(std::string_view body) {
  if (body.size() > kMaxWebhookBytes) return "";
  const JsonNode root = JsonNode::Parse(body);
  const JsonNode data = root["data"];
  // In some of the vendor's pages `data` is the answer to a poll, with its envelope.
  for (const JsonNode& place : {data["task_id"], data["data"]["task_id"], root["task_id"]}) {
    const std::string id = place.Text();
    if (model::IsUpstreamId(id)) return id;
  }
  return "";
}

}  // namespace seedance::upstream
