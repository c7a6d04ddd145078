"""A template of `infra/` as CloudFormation sees it: with parameters given, in an account and a Region, without AWS.

Only the functions that the templates use, and each as the reference has it:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

INFRA = Path(__file__).parents[2] / "infra"

# What AWS::NoValue becomes, until whatever held it is without it.
NOTHING = object()

# What a resource is called in a policy.
ARNS = {
    "AWS::CloudWatch::Alarm": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
    "AWS::Events::Rule": "arn:aws:events:{region}:{account}:rule/{name}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::SNS::Topic": "arn:aws:sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::Serverless::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
}


@cache
def parsed(name: str) -> dict[str, Any]:
    """A template of `infra/` as it is written. Nobody changes it."""
    template: dict[str, Any] = yaml_parse((INFRA / name).read_text())
    return template


@cache
def rules_of_functions(name: str) -> frozenset[str]:
    """Rules that SAM makes for the functions' events, by the names that it gives them."""
    resources = parsed(name)["Resources"].items()
    return frozenset(function + event for function, one in resources for event in one.get("Properties", {}).get("Events", {}))


@dataclass
class Template:
    """One template, about to be deployed."""

    name: str
    parameters: dict[str, str] = field(default_factory=dict)
    region: str = "eu-west-1"
    account: str = "222233334444"
    stack: str = "usher"
    stack_uuid: str = "51af3dc0-da77-11e4-872e-1234567db123"

    def __post_init__(self) -> None:
        self._template = parsed(self.name)
        unknown = self.parameters.keys() - self._template["Parameters"].keys()
        if unknown:
            raise KeyError(f"{self.name} has no parameters {sorted(unknown)}")

    def resources(self, kind: str | None = None) -> dict[str, dict[str, Any]]:
        """The resources that there will be, those of one type or all, by their logical ids."""
        return {
            name: {key: self._resolve(value) for key, value in resource.items() if key != "Condition"}
            for name, resource in self._template["Resources"].items()
            if kind in (None, resource["Type"]) and self._is_there(resource)
        }

    def outputs(self) -> dict[str, str]:
        """What the stack will say."""
        outputs = self._template["Outputs"].items()
        return {name: self._resolve(output["Value"]) for name, output in outputs if self._is_there(output)}

    def holds(self, condition: str) -> bool:
        """Whether a condition of the template is met."""
        holds: bool = self._resolve(self._template["Conditions"][condition])
        return holds

    def _is_there(self, one: dict[str, Any]) -> bool:
        return "Condition" not in one or self.holds(one["Condition"])

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            items = (self._resolve(item) for item in value)
            return [item for item in items if item is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref":
                return self._ref(argument)
            if name == "Condition" and isinstance(argument, str):
                return self.holds(argument)
            if name.startswith("Fn::"):
                return self._call(name.removeprefix("Fn::"), argument)
        resolved = {key: self._resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NOTHING}

    def _call(self, function: str, argument: Any) -> Any:
        if function == "If":
            condition, then, otherwise = argument
            return self._resolve(then if self.holds(condition) else otherwise)
        if function == "Sub":
            return self._sub(argument)
        if function == "GetAtt":
            return self._attribute(*(argument.split(".", 1) if isinstance(argument, str) else argument))
        arguments = self._resolve(argument)
        match function:
            case "And":
                return all(arguments)
            case "Equals":
                return arguments[0] == arguments[1]
            case "Not":
                return not arguments[0]
            case "Or":
                return any(arguments)
            case "Select":
                return arguments[1][int(arguments[0])]
            case "Split":
                return arguments[1].split(arguments[0])
        raise NotImplementedError(function)

    def _sub(self, argument: Any) -> str:
        text, names = argument if isinstance(argument, list) else (argument, {})

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in names:
                return str(self._resolve(names[name]))
            return str(self._attribute(*name.split(".", 1)) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^!}]+)\}", value, text)

    def _ref(self, name: str) -> Any:
        pseudo = {
            "AWS::AccountId": self.account,
            "AWS::NoValue": NOTHING,
            "AWS::Partition": "aws",
            "AWS::Region": self.region,
            "AWS::StackId": f"arn:aws:cloudformation:{self.region}:{self.account}:stack/{self.stack}/{self.stack_uuid}",
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": "amazonaws.com",
        }
        if name in pseudo:
            return pseudo[name]
        if name in self._template["Parameters"]:
            # CloudFormation has numbers as text.
            return self.parameters.get(name, str(self._template["Parameters"][name].get("Default")))
        if self._type_of(name) == "AWS::SNS::Topic":
            return self._attribute(name, "Arn")
        return self._name_of(name)

    def _attribute(self, name: str, attribute: str) -> str:
        kind = self._type_of(name)
        if attribute != "Arn":
            return self._name_of(name)
        return ARNS[kind].format(account=self.account, name=self._name_of(name), region=self.region)

    def _name_of(self, name: str) -> str:
        given = {"AWS::Logs::LogGroup": "LogGroupName", "AWS::Serverless::Function": "FunctionName"}.get(self._type_of(name))
        return self._resolve(self._template["Resources"][name]["Properties"][given]) if given else f"{self.stack}-{name}"

    def _type_of(self, name: str) -> str:
        """Of a resource that there is: CloudFormation refuses what refers to another."""
        if name in rules_of_functions(self.name):
            return "AWS::Events::Rule"
        resource = self._template["Resources"][name]
        if not self._is_there(resource):
            raise KeyError(f"{name} is not made")
        kind: str = resource["Type"]
        return kind
