using System.CommandLine;
using CrunSharp.Cli.Output;
using CrunSharp.Engine;
using CrunSharp.Observe;
using CrunSharp.Oci;

namespace CrunSharp.Cli.Commands;

/// <summary><c>explain</c>: a living container beside its host.</summary>
internal static class ExplainCommand
{
    private static readonly string[] s_parts = ["namespaces", "ids", "capabilities", "seccomp", "cgroup", "mounts", "layers", "shared", "processes"];

    public static Command Create(GlobalOptions globals)
    {
        Argument<string> container = new("CONTAINER") { Description = "Name, id, or the first characters of an id" };
        Argument<string[]> parts = new("PART") { Description = $"Only these of {string.Join(", ", s_parts)}", Arity = ArgumentArity.ZeroOrMore };
        parts.CompletionSources.Add(s_parts);
        Option<string> format = RunCommand.Choice("--format", "text or json", "text", "text", "json");
        Command explain = new("explain", "Show a running container beside its host: what is its own, what is shared") { container, parts, format };
        explain.SetAction(parsed =>
        {
            string[] wanted = parsed.GetValue(parts) is { Length: > 0 } named ? named : s_parts;
            if (Array.Find(wanted, part => !s_parts.Contains(part)) is { } unknown)
            {
                throw new CrunException($"cannot explain '{unknown}'", $"the parts are {string.Join(", ", s_parts)}");
            }

            using ContainerEngine engine = globals.OpenEngine(parsed);
            Section[] sections = [.. engine.Explain(parsed.GetRequiredValue(container)).Where(section => wanted.Contains(section.Name))];
            TextWriter output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(format) == "json")
            {
                output.WriteLine(SectionJson.Write(sections));
            }
            else
            {
                SectionText.Write(output, sections);
            }

            return ExitCode.Success;
        });
        return explain;
    }
}
