#include "edge/deployment/template_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <sstream>

namespace portcullis::deployment {
namespace {

constexpr std::size_t most_depth = 64;
constexpr std::size_t most_values = 100'000;  // with what aliases stand for

constexpr std::size_t most_members = 2'000;  // of one mapping

constexpr std::array<std::string_view, 22> functions{
    "And",    "Base64", "Cidr",  "Contains", "EachMemberEquals", "EachMemberIn", "Equals", "FindInMap",
    "GetAtt", "GetAZs", "If",    "Join",     "ImportValue",      "Length",       "Not",    "Or",
    "RefAll", "Select", "Split", "Sub",      "ToJsonString",     "Transform"};

std::string place_at(const std::string& file, int line, int column) {
  return file + ':' + std::to_string(line) + ':' + std::to_string(column);
}

/// The long form of a short tag: "!Ref" is "Ref", "!Sub" is "Fn::Sub". Nothing: it is none of CloudFormation's.
std::optional<std::string> function_of(std::string_view tag) {
  if (!tag.starts_with('!')) return std::nullopt;
  tag.remove_prefix(1);
  if (tag == "Ref" || tag == "Condition") return std::string{tag};
  if (std::find(functions.begin(), functions.end(), tag) == functions.end()) return std::nullopt;
  return "Fn::" + std::string{tag};
}

/// Thrown through the parser, which has no other way to be stopped; caught in parse_template().
struct Stopped {};

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string file, std::vector<RuleProblem>& problems) : file_(std::move(file)), problems_(problems) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) stop(mark, "a second document; one file holds one template");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(node_at(mark, TemplateNode::Kind::scalar), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto named = anchors_.find(anchor);
    if (named == anchors_.end()) stop(mark, "an alias that stands inside of what it names");
    count(mark, named->second.values);
    place(named->second.node, named->second.values);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    TemplateNode node = node_at(mark, TemplateNode::Kind::scalar);
    node.text = value;
    add(tagged(mark, tag, std::move(node)), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, TemplateNode::Kind::sequence, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, TemplateNode::Kind::mapping, tag, anchor);
  }
  void OnMapEnd() override { close(); }

  TemplateNode& root() { return root_; }

 private:
  struct Level {
    TemplateNode node;
    TemplateNode key;
    std::string tag;
    YAML::Mark mark;
    YAML::anchor_t anchor = 0;
    std::size_t values = 1;
    enum class Next : std::uint8_t { key, value } next = Next::key;
    std::vector<TemplateNode> merged;  // what stands under <<
  };
  struct Named {
    TemplateNode node;
    std::size_t values;
  };

  static TemplateNode node_at(const YAML::Mark& mark, TemplateNode::Kind kind) {
    TemplateNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  [[noreturn]] void stop(const YAML::Mark& mark, std::string message) {
    problems_.push_back({place_at(file_, mark.line + 1, mark.column + 1), std::move(message)});
    throw Stopped{};
  }
  void count(const YAML::Mark& mark, std::size_t more) {
    values_ += more;
    if (values_ > most_values)
      stop(mark, "more than " + std::to_string(most_values) + " values, with what aliases stand for");
  }

  // "?" and "!" are the parser's words for "plain" and "quoted".
  TemplateNode tagged(const YAML::Mark& mark, const std::string& tag, TemplateNode node) {
    if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:")) return node;
    const auto function = function_of(tag);
    if (!function) stop(mark, "a tag (!name) that is none of CloudFormation's");
    TemplateNode call = node_at(mark, TemplateNode::Kind::mapping);
    TemplateNode name = node_at(mark, TemplateNode::Kind::scalar);
    name.text = *function;
    call.members.push_back({std::move(name), std::move(node)});
    return call;
  }

  void open(const YAML::Mark& mark, TemplateNode::Kind kind, const std::string& tag, YAML::anchor_t anchor) {
    if (levels_.size() == most_depth) stop(mark, "nested more than " + std::to_string(most_depth) + " deep");
    count(mark, 1);
    Level level;
    level.node = node_at(mark, kind);
    level.tag = tag;
    level.mark = mark;
    level.anchor = anchor;
    levels_.push_back(std::move(level));
  }

  // YAML's merge key: what the mapping itself says stands before what is merged into it, earlier before later.
  void merge(const YAML::Mark& mark, TemplateNode& into, const TemplateNode& from) {
    for (const Member& member : from.members) {
      if (into.members.size() == most_members) stop(mark, too_many_members());
      if (!into.find(member.key.text)) into.members.push_back(member);
    }
  }
  static std::string too_many_members() { return "a mapping with more than " + std::to_string(most_members) + " keys"; }

  void close() {
    Level done = std::move(levels_.back());
    levels_.pop_back();
    for (const TemplateNode& merged : done.merged) {
      for (const TemplateNode& item : merged.items) merge(done.mark, done.node, item);
      merge(done.mark, done.node, merged);
    }
    TemplateNode node = tagged(done.mark, done.tag, std::move(done.node));
    if (done.anchor != 0) name(done.mark, done.anchor, node, done.values);
    place(std::move(node), done.values);
  }

  void add(TemplateNode node, YAML::anchor_t anchor) {
    YAML::Mark mark;
    mark.line = node.line - 1;
    mark.column = node.column - 1;
    count(mark, 1);
    if (anchor != 0) name(mark, anchor, node, 1);
    place(std::move(node), 1);
  }

  // What is named is kept twice, so it counts twice.
  void name(const YAML::Mark& mark, YAML::anchor_t anchor, const TemplateNode& node, std::size_t values) {
    count(mark, values);
    anchors_.insert_or_assign(anchor, Named{node, values});
  }

  void place(TemplateNode node, std::size_t values) {
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = levels_.back();
    level.values += values;
    if (level.node.kind == TemplateNode::Kind::sequence) {
      level.node.items.push_back(std::move(node));
    } else if (level.next == Level::Next::key) {
      YAML::Mark mark;
      mark.line = node.line - 1;
      mark.column = node.column - 1;
      if (!node.is_scalar()) stop(mark, "a key must be a word");
      if (level.node.members.size() == most_members) stop(mark, too_many_members());
      if (level.node.find(node.text)) stop(mark, "the key '" + node.text.substr(0, 64) + "' stands here twice");
      level.key = std::move(node);
      level.next = Level::Next::value;
    } else {
      if (level.key.text == "<<")
        level.merged.push_back(std::move(node));
      else
        level.node.members.push_back({std::move(level.key), std::move(node)});
      level.next = Level::Next::key;
    }
  }

  std::string file_;
  std::vector<RuleProblem>& problems_;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, Named> anchors_;
  std::size_t values_ = 0;
  TemplateNode root_;
  int documents_ = 0;
};

bool is_text(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet == 0x7F || (octet < 0x20 && c != '\n' && c != '\r' && c != '\t');
  });
}

}  // namespace

const TemplateNode* TemplateNode::find(std::string_view key) const noexcept {
  for (const auto& [name, value] : members)
    if (name.text == key) return &value;
  return nullptr;
}

Result<TemplateNode, std::vector<RuleProblem>> parse_template(const std::string& file, const std::string& text) {
  std::vector<RuleProblem> problems;
  if (text.size() > most_template_bytes || !is_text(text)) {
    problems.push_back({place_at(file, 1, 1), "not a text, or larger than 1 MiB; a template is YAML or JSON"});
    return problems;
  }
  TreeBuilder builder{file, problems};
  try {
    std::istringstream stream{text};
    YAML::Parser parser{stream};
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stopped&) {
  } catch (const YAML::Exception& fault) {
    // Its words for an unknown alias quote the name, which is the person's own.
    problems.push_back({place_at(file, fault.mark.line + 1, fault.mark.column + 1), "not YAML: " + fault.msg});
  }
  if (problems.empty() && !builder.root().is_mapping())
    problems.push_back({place_at(file, 1, 1), "empty, or not a mapping of keys to values; a template is one"});
  if (!problems.empty()) return problems;
  return std::move(builder.root());
}

}  // namespace portcullis::deployment
