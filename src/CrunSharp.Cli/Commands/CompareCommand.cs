using System.CommandLine;
using CrunSharp.Bench;
using CrunSharp.Cli.Output;
using CrunSharp.Engine;
using CrunSharp.Observe;

namespace CrunSharp.Cli.Commands;

/// <summary><c>compare</c>: one image as a container and as a virtual machine, asked the same.</summary>
internal static class CompareCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Argument<string> name = new("CONTAINER|IMAGE") { Description = "A running container, or an image with a shell" };
        Option<string> with = new("--with") { Description = "vm, or the name of one monitor", DefaultValueFactory = static _ => "vm", HelpName = "MONITOR" };
        Option<string?> kernel = new("--kernel") { Description = "Kernel for monitors that boot one; user-mode-linux needs none", HelpName = "FILE" };
        Option<string> format = RunCommand.Choice("--format", "text or json", "text", "text", "json");
        Command compare = new("compare", "Ask the same of the host, a container and a virtual machine") { name, with, kernel, format };
        compare.SetAction(parsed =>
        {
            using ContainerEngine engine = globals.OpenEngine(parsed);
            Section section = new Comparison(engine, globals.Given(parsed)).Ask(parsed.GetRequiredValue(name), parsed.GetRequiredValue(with), parsed.GetValue(kernel));
            TextWriter output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(format) == "json")
            {
                output.WriteLine(SectionJson.Write([section]));
            }
            else
            {
                SectionText.WriteRecords(output, section);
            }

            return ExitCode.Success;
        });
        return compare;
    }
}
