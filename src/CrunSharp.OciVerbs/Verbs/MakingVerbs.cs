using System.CommandLine;
using CrunSharp.Linux;
using CrunSharp.Runtime;

namespace CrunSharp.OciVerbs;

internal sealed class CreateVerb() : OciVerb("create", "Make a container that waits for start")
{
    private readonly MakingOptions _making = new();

    public override void Describe(Command command) => _making.AddTo(command);

    public override int Run(ParseResult parsed, OciContext context)
    {
        context.Runtime.Create(_making.Read(parsed)).Dispose();
        return 0;
    }
}

internal sealed class StartVerb() : OciVerb("start", "Let a created container execute its program")
{
    private readonly Argument<string> _id = new("ID") { Description = "Name of the container" };

    public override void Describe(Command command) => command.Arguments.Add(_id);

    public override int Run(ParseResult parsed, OciContext context)
    {
        context.Runtime.Start(Words.Id(parsed, _id));
        return 0;
    }
}

internal sealed class RunVerb() : OciVerb("run", "Make and start a container")
{
    private readonly MakingOptions _making = new();
    private readonly Option<bool> _detach = new("--detach", "-d") { Description = "Do not wait for it" };
    private readonly Option<bool> _keep = new("--keep") { Description = "Do not delete it once it has ended" };
    private readonly Option<bool> _noSubreaper = new("--no-subreaper") { Description = "Do not take over orphans of the container" };

    public override void Describe(Command command)
    {
        _making.AddTo(command);
        command.Options.Add(_detach);
        command.Options.Add(_keep);
        command.Options.Add(_noSubreaper);
    }

    public override int Run(ParseResult parsed, OciContext context)
    {
        LaunchRequest request = _making.Read(parsed);
        if (parsed.GetValue(_detach))
        {
            context.Runtime.Run(request).Dispose();
            return 0;
        }

        if (!parsed.GetValue(_noSubreaper))
        {
            Processes.BecomeSubreaper();
        }

        bool terminal = request.Spec.Process is { Terminal: true } && request.ConsoleSocket is null;
        using Launched launched = context.Runtime.Run(request with { OwnTerminal = terminal });
        return Attached.Wait(context.Runtime, request, launched, parsed.GetValue(_keep));
    }
}
