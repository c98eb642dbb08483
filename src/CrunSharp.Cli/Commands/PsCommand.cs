using System.CommandLine;
using CrunSharp.Cli.Output;
using CrunSharp.Engine;

namespace CrunSharp.Cli.Commands;

/// <summary><c>ps</c>: the containers there are, by default those that run.</summary>
internal static class PsCommand
{
    private const int CommandWidth = 22;

    public static Command Create(GlobalOptions globals)
    {
        Option<bool> all = new("--all", "-a") { Description = "Also containers that do not run" };
        Option<bool> quiet = new("--quiet", "-q") { Description = "Only ids" };
        Option<bool> whole = new("--no-trunc") { Description = "Ids and commands at full length" };
        Option<string> format = RunCommand.Choice("--format", "table, or json: one object per line", "table", "table", "json");

        Command ps = new("ps", "List containers") { all, quiet, whole, format };
        ps.SetAction(parsed =>
        {
            using ContainerEngine engine = globals.OpenEngine(parsed);
            IEnumerable<Container> containers = engine.List().Where(container => parsed.GetValue(all) || container.IsRunning);
            TextWriter output = parsed.InvocationConfiguration.Output;
            bool full = parsed.GetValue(whole);
            if (parsed.GetValue(quiet))
            {
                foreach (Container container in containers)
                {
                    output.WriteLine(full ? container.Id.Value : container.ShortId);
                }
            }
            else if (parsed.GetValue(format) == "json")
            {
                foreach (Container container in containers)
                {
                    output.WriteLine(InspectJson.Line(container));
                }
            }
            else
            {
                WriteTable(output, containers, full);
            }

            return ExitCode.Success;
        });
        return ps;
    }

    /// <summary>In docker's words, but for the end that nobody saw.</summary>
    internal static string Status(Container container, DateTimeOffset now) => container switch
    {
        { IsRunning: true } => $"Up {Human.Span(now - (container.Record.Started ?? container.Record.Created))}",
        { Exit: { } exit } => $"Exited ({exit.ExitCode}) {Human.Since(exit.ExitedAt, now)}",
        { Status: ContainerStatus.Created } => "Created",
        _ => "Dead (nobody saw how it ended)",
    };

    private static void WriteTable(TextWriter output, IEnumerable<Container> containers, bool full)
    {
        Table table = new("CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "NAMES");
        DateTimeOffset now = DateTimeOffset.UtcNow;
        foreach (Container container in containers)
        {
            string command = string.Join(' ', container.Record.Command);
            table.Add(
                full ? container.Id.Value : container.ShortId,
                Printable.Text(container.Record.Image),
                $"\"{Printable.Text(full || command.Length < CommandWidth ? command : $"{command[..(CommandWidth - 3)]}…")}\"",
                Human.Since(container.Record.Created, now),
                Status(container, now),
                container.Name);
        }

        table.Write(output);
    }
}
