using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>What a mount of type cgroup stands for, on a host of version 2 and on one of version 1.</summary>
internal static class CgroupMounts
{
    public static void Add(
        PlanBuilder plan, NamespacePlan namespaces, string path, MountOptions options, List<MakePathReadOnly> deferred, string origin)
    {
        bool ownNamespace = namespaces.Has(NamespaceType.Cgroup);
        if (plan.Facts.Cgroups == CgroupLayout.None)
        {
            plan.Warn($"{origin}: this host has no cgroups");
            return;
        }

        if (plan.InUserNamespace && !ownNamespace && plan.Options.CgroupDirectories.Count == 0)
        {
            // The whole host's tree: whoever owns parts of it could move processes of the host about.
            AddBind(plan, path, "/sys/fs/cgroup", options.Set | MountAttributes.ReadOnly, origin);
            return;
        }

        if (plan.InUserNamespace && !ownNamespace && plan.Facts.Cgroups == CgroupLayout.Unified)
        {
            // A fresh one would show the host's namespace, and is refused; its own part of it can be shown.
            AddBind(plan, path, plan.Options.CgroupDirectories[0], options.Set, origin);
            return;
        }

        if (plan.Facts.Cgroups == CgroupLayout.Unified)
        {
            plan.Add(new MountFilesystem(path, "cgroup2", options.Data, options.Set, options.Propagation, MountMode.None) { Origin = origin });
            return;
        }

        AddLegacy(plan, ownNamespace, path, options, deferred, origin);
    }

    private static void AddBind(PlanBuilder plan, string path, string source, MountAttributes set, string origin) => plan.Add(new BindMount(
        path, source, set, MountAttributes.None, Propagation.Slave | Propagation.Recursive, MountMode.Recursive | MountMode.AttributesRecursive)
    {
        Origin = origin,
    });

    private static void AddLegacy(
        PlanBuilder plan, bool ownNamespace, string path, MountOptions options, List<MakePathReadOnly> deferred, string origin)
    {
        // The directory of the hierarchies becomes read-only once they are in it.
        plan.Add(new MountFilesystem(
            path, "tmpfs", "mode=755", options.Set & ~MountAttributes.ReadOnly, options.Propagation, MountMode.None)
        { Origin = origin });
        if ((options.Set & MountAttributes.ReadOnly) != 0)
        {
            deferred.Add(new MakePathReadOnly(path) { Origin = origin });
        }

        foreach (CgroupHierarchy hierarchy in plan.Facts.Hierarchies)
        {
            string name = Path.GetFileName(hierarchy.MountPoint);
            string target = $"{path}/{name}";
            if (ownNamespace)
            {
                plan.Add(new MountFilesystem(
                    target, hierarchy.Unified ? "cgroup2" : "cgroup", hierarchy.Options, options.Set, options.Propagation, MountMode.None)
                {
                    Origin = origin,
                });
            }
            else
            {
                // Where the container has no directory of its own it sees everybody's, and may change none.
                string? own = DirectoryIn(plan.Options.CgroupDirectories, hierarchy.MountPoint);
                MountAttributes set = options.Set | (own is null ? MountAttributes.ReadOnly : MountAttributes.None);
                plan.Add(new BindMount(
                    target, own ?? hierarchy.MountPoint, set, MountAttributes.None, options.Propagation, MountMode.None)
                { Origin = origin });
            }

            AddLinks(plan, path, name);
        }
    }

    // cpu,cpuacct are one hierarchy, and programs look for each by its own name.
    private static void AddLinks(PlanBuilder plan, string path, string name)
    {
        if (!name.Contains(','))
        {
            return;
        }

        foreach (string controller in name.Split(','))
        {
            plan.Add(new MakeSymlink($"{path}/{controller}", name, Replace: false));
        }
    }

    private static string? DirectoryIn(IReadOnlyList<string> directories, string mountPoint)
    {
        foreach (string directory in directories)
        {
            if (directory.Length > mountPoint.Length && directory[mountPoint.Length] == '/' && directory.StartsWith(mountPoint, StringComparison.Ordinal))
            {
                return directory;
            }
        }

        return null;
    }
}
