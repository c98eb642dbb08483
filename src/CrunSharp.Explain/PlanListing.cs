using System.Text;
using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>A plan as a list: a line for each step, for <c>--dry-run</c>.</summary>
public static class PlanListing
{
    /// <param name="detail">0: what is done; 1: the kernel's calls too; 2: the step as it is encoded.</param>
    public static string Write(LaunchFacts facts, int detail)
    {
        StringBuilder text = new();
        foreach (string directory in facts.Cgroup.Directories)
        {
            text.Append($"  -  make the cgroup {directory}\n");
        }

        foreach (CgroupWrite write in facts.Cgroup.Writes)
        {
            if (write.Value is not null)
            {
                text.Append($"  -  write '{write.Value}' to {write.File}\n");
            }
        }

        IReadOnlyList<string> lines = PlanText.Describe(facts.Plan);
        int first = lines.Count - facts.Plan.Steps.Count;
        for (int i = 0; i < lines.Count; i++)
        {
            text.Append(lines[i]).Append('\n');
            if (i < first || detail == 0)
            {
                continue;
            }

            Step step = facts.Plan.Steps[i - first];
            text.Append($"       calls: {Explainers.For(step).Explain(step).Calls}\n");
            if (detail > 1)
            {
                text.Append($"       step: {step}\n");
            }
        }

        foreach (string warning in facts.Plan.Warnings)
        {
            text.Append($"  !  {warning}\n");
        }

        return text.ToString();
    }
}
