using System.CommandLine;

namespace CrunSharp.OciVerbs;

internal sealed class KillVerb() : OciVerb("kill", "Send a signal to a container")
{
    private readonly Argument<string> _id = new("ID") { Description = "Name of the container" };
    private readonly Argument<string?> _signal = new("SIGNAL") { Description = "Number or name; SIGTERM otherwise", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _all = new("--all", "-a") { Description = "To all of its processes" };

    public override void Describe(Command command)
    {
        command.Arguments.Add(_id);
        command.Arguments.Add(_signal);
        command.Options.Add(_all);
    }

    public override int Run(ParseResult parsed, OciContext context)
    {
        context.Runtime.Kill(Words.Id(parsed, _id), Words.Signal(parsed.GetValue(_signal) ?? "TERM"), parsed.GetValue(_all));
        return 0;
    }
}

internal sealed class DeleteVerb() : OciVerb("delete", "Remove what is left of a container")
{
    private readonly Argument<string> _id = new("ID") { Description = "Name of the container" };
    private readonly Option<bool> _force = new("--force", "-f") { Description = "Kill it first; an unknown one is no failure" };

    public override void Describe(Command command)
    {
        command.Arguments.Add(_id);
        command.Options.Add(_force);
    }

    public override int Run(ParseResult parsed, OciContext context)
    {
        context.Runtime.Delete(Words.Id(parsed, _id), parsed.GetValue(_force));
        return 0;
    }
}

internal sealed class PauseVerb() : OciVerb("pause", "Stop all processes of a container where they stand")
{
    private readonly Argument<string> _id = new("ID") { Description = "Name of the container" };

    public override void Describe(Command command) => command.Arguments.Add(_id);

    public override int Run(ParseResult parsed, OciContext context)
    {
        context.Runtime.Pause(Words.Id(parsed, _id));
        return 0;
    }
}

internal sealed class ResumeVerb() : OciVerb("resume", "Let the processes of a paused container go on")
{
    private readonly Argument<string> _id = new("ID") { Description = "Name of the container" };

    public override void Describe(Command command) => command.Arguments.Add(_id);

    public override int Run(ParseResult parsed, OciContext context)
    {
        context.Runtime.Resume(Words.Id(parsed, _id));
        return 0;
    }
}
