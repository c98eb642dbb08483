using System.CommandLine;
using CrunSharp.Bench;
using CrunSharp.Cli.Output;

namespace CrunSharp.Cli.Commands;

/// <summary>The options that every part of <c>bench</c> takes.</summary>
internal sealed class BenchOptionSet
{
    private readonly Option<string[]> _only = new("--only")
    {
        Description = "Measure only these: names, or host, ladder, runtime, engine, machine (repeatable, or separated by commas)",
        HelpName = "NAME",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<int> _rounds = new("--rounds") { Description = "At most so many starts of each", HelpName = "N", DefaultValueFactory = static _ => new RoundPlan().Rounds };
    private readonly Option<int> _slow = new("--slow-rounds") { Description = "Starts of each that takes more than a second", HelpName = "N", DefaultValueFactory = static _ => new RoundPlan().SlowRounds };
    private readonly Option<int> _seed = new("--seed") { Description = "Of the order in each round", HelpName = "N", DefaultValueFactory = static _ => 1 };
    private readonly Option<int> _memory = new("--memory", "-m") { Description = "Limit of every container and machine, MiB", HelpName = "MIB", DefaultValueFactory = static _ => 512 };
    private readonly Option<string?> _cpus = new("--cpus") { Description = "CPUs for all alike, as 0 or 0-3; all of them otherwise", HelpName = "LIST" };
    private readonly Option<string?> _kernel = new("--kernel") { Description = "Kernel for the virtual machines; Debian's for clouds otherwise", HelpName = "FILE" };
    private readonly Option<string[]> _conditions = new("--condition")
    {
        Description = "back-to-back, spaced or cold (repeatable; the first two otherwise)",
        HelpName = "NAME",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<int> _instances = new("--instances") { Description = "At most so many side by side, for density", HelpName = "N", DefaultValueFactory = static _ => 20 };
    private readonly Option<string?> _directory = new("--output", "-o") { Description = "Directory for report.html, result.json, starts.csv and the plots", HelpName = "DIR" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the result as JSON" };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No live view" };

    public void AddTo(Command command)
    {
        foreach (Option option in (ReadOnlySpan<Option>)[_only, _rounds, _slow, _seed, _memory, _cpus, _kernel, _conditions, _instances, _directory, _json, _quiet])
        {
            command.Add(option);
        }
    }

    public bool IsQuiet(ParseResult parsed) => parsed.GetValue(_quiet) || parsed.GetValue(_json);

    public bool IsJson(ParseResult parsed) => parsed.GetValue(_json);

    public string? Directory(ParseResult parsed) => parsed.GetValue(_directory);

    public IReadOnlyList<Condition> Conditions(ParseResult parsed) => Words(parsed.GetValue(_conditions)) is { Count: > 0 } names
        ? [.. names.Select(Find)]
        : [Condition.BackToBack, Condition.Spaced];

    public BenchRequest Read(ParseResult parsed, string image, IReadOnlyList<string> program, string commandLine) => new()
    {
        Image = image,
        Command = program,
        Only = Words(parsed.GetValue(_only)),
        Kernel = parsed.GetValue(_kernel),
        Rounds = new RoundPlan
        {
            Rounds = parsed.GetValue(_rounds),
            LeastRounds = Math.Min(new RoundPlan().LeastRounds, parsed.GetValue(_rounds)),
            SlowRounds = parsed.GetValue(_slow),
            Seed = parsed.GetValue(_seed),
        },
        MemoryMiB = parsed.GetValue(_memory),
        Cpus = parsed.GetValue(_cpus),
        Instances = parsed.GetValue(_instances),
        CommandLine = commandLine,
        Version = ProgramVersion.Line,
    };

    private static List<string> Words(string[]? values) => [.. (values ?? []).SelectMany(static value => value.Split(',', StringSplitOptions.RemoveEmptyEntries))];

    private static Condition Find(string name) => name switch
    {
        "back-to-back" => Condition.BackToBack,
        "spaced" => Condition.Spaced,
        "cold" => Condition.Cold,
        _ => throw new Oci.CrunException($"cannot measure under '{name}'", "the conditions are back-to-back, spaced and cold"),
    };
}
