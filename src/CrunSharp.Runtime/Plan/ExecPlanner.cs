using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>Plans one more program in a running container.</summary>
public static class ExecPlanner
{
    /// <param name="container">What the container was made from.</param>
    /// <exception cref="CrunException">Something asked for cannot be had; the message names where it was asked for.</exception>
    public static LaunchPlan Plan(Spec container, Process process, HostFacts facts, PlanOptions options)
    {
        PlanBuilder plan = new(facts, options);
        (string? initial, string? final) = process.ExecCpuAffinity.IsEmpty
            ? default
            : JsonCursor.Read("process.execCPUAffinity", process.ExecCpuAffinity.Span, Scheduling.ReadAffinity);
        AddAffinity(plan, initial, "initial");

        // Before anything of the container is joined, so that no moment passes in it outside its limits.
        for (int number = 0; number < options.CgroupJoins; number++)
        {
            plan.Add(new WriteDescriptor(plan.Need(new FdSlot.Cgroup(number)), "0") { Origin = "the container's cgroup" });
        }

        Namespaces joined = Namespaces.None;
        foreach (LinuxNamespace item in container.Linux.Namespaces)
        {
            joined |= NamespacePlan.FlagOf(item.Type);
        }

        // Its user namespace as well: a launcher that is in it already must not join it again, says the kernel.
        bool ownUsers = (joined & Namespaces.User) != 0;
        plan.InUserNamespace |= ownUsers;

        // One call for all of them: the kernel joins all or none, of one process that cannot change in between.
        plan.Add(new JoinNamespace(plan.Need(new FdSlot.Container()), joined));
        if (ownUsers)
        {
            plan.Add(new Become(0, 0));
        }

        if ((joined & Namespaces.Pid) != 0)
        {
            plan.Add(new Fork());
        }

        plan.Add(new NewSession());
        if (options.RedirectStdio)
        {
            for (int target = 0; target < 3; target++)
            {
                plan.Add(new RedirectStdio(plan.Need(new FdSlot.Stdio(target)), target));
            }
        }

        if (process.Terminal)
        {
            ConsoleSize size = process.ConsoleSize ?? default;
            plan.Add(new MakeConsole(plan.Need(new FdSlot.ConsoleSocket()), size.Width, size.Height, null, process.User.Uid)
            {
                Origin = "process.terminal",
            });
        }

        AddAffinity(plan, final, "final");
        bool oneGroup = ownUsers && facts.Uid != 0 && container.Linux.GidMappings is [{ Size: 1 }];
        ProcessPlanner.AddProcess(plan, process, [], container.Linux, facts.CanSetGroups && !oneGroup);
        return plan.Finish(Namespaces.None, [], []);
    }

    private static void AddAffinity(PlanBuilder plan, string? list, string when)
    {
        if (list is { Length: > 0 })
        {
            plan.Add(new SetCpuAffinity(Scheduling.MaskOf(list)) { Origin = $"process.execCPUAffinity.{when}" });
        }
    }
}
