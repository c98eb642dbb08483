using System.CommandLine;
using CrunSharp.Runtime;

namespace CrunSharp.OciVerbs;

internal sealed class ExplainVerb() : OciVerb("explain", "Say step by step what run would do, and do nothing")
{
    private readonly MakingOptions _making = new();

    public override void Describe(Command command) => _making.AddTo(command);

    public override int Run(ParseResult parsed, OciContext context)
    {
        LaunchPlan plan = context.Runtime.Explain(_making.Read(parsed));
        Output.Write(string.Concat(PlanText.Describe(plan).Select(static line => $"{line}\n")));
        foreach (string warning in plan.Warnings)
        {
            Output.Write(2, $"{warning}\n");
        }

        return 0;
    }
}
