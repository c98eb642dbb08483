using System.CommandLine;
using System.Globalization;
using System.Text;
using CrunSharp.Runtime;

namespace CrunSharp.OciVerbs;

internal sealed class StateVerb() : OciVerb("state", "Show a container's state as JSON")
{
    private readonly Argument<string> _id = new("ID") { Description = "Name of the container" };

    public override void Describe(Command command) => command.Arguments.Add(_id);

    public override int Run(ParseResult parsed, OciContext context)
    {
        Output.Write(StateJson.Write(context.Runtime.GetState(Words.Id(parsed, _id)), indented: true));
        Output.Write("\n");
        return 0;
    }
}

internal sealed class ListVerb() : OciVerb("list", "List containers")
{
    private readonly Option<string?> _format = new("--format", "-f") { Description = "table or json" };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Only ids" };

    public override void Describe(Command command)
    {
        command.Options.Add(_format);
        command.Options.Add(_quiet);
    }

    public override int Run(ParseResult parsed, OciContext context)
    {
        IReadOnlyList<ContainerState> states = context.Runtime.List();
        if (parsed.GetValue(_quiet))
        {
            Output.Write(string.Concat(states.Select(state => $"{state.Id}\n")));
        }
        else if (parsed.GetValue(_format) == "json")
        {
            Output.Write(StateJson.Write(states));
            Output.Write("\n");
        }
        else
        {
            Output.Write(Table(states));
        }

        return 0;
    }

    private static string Table(IReadOnlyList<ContainerState> states)
    {
        List<string[]> rows = [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]];
        rows.AddRange(states.Select(state => new[]
        {
            state.Id.Value,
            state.Pid.ToString(CultureInfo.InvariantCulture),
            StateJson.Name(state.Status),
            state.Bundle,
            state.Created.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture),
            state.Owner,
        }));
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length) + 2)];
        StringBuilder text = new();
        foreach (string[] row in rows)
        {
            text.AppendLine(string.Concat(row.Select((word, column) => word.PadRight(widths[column]))).TrimEnd());
        }

        return text.ToString();
    }
}

internal sealed class PsVerb() : OciVerb("ps", "List the processes of a container")
{
    private readonly Argument<string> _id = new("ID") { Description = "Name of the container" };
    private readonly Argument<string[]> _options = new("OPTIONS") { Description = "Accepted for other runtimes' callers", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _format = new("--format", "-f") { Description = "table or json" };

    public override int OwnWords => 1;

    public override void Describe(Command command)
    {
        command.Arguments.Add(_id);
        command.Arguments.Add(_options);
        command.Options.Add(_format);
    }

    public override int Run(ParseResult parsed, OciContext context)
    {
        IReadOnlyList<int> pids = context.Runtime.Processes(Words.Id(parsed, _id));
        if (parsed.GetValue(_format) == "json")
        {
            Output.Write($"[{string.Join(',', pids)}]\n");
            return 0;
        }

        Output.Write($"PID\n{string.Concat(pids.Select(pid => $"{pid}\n"))}");
        return 0;
    }
}
