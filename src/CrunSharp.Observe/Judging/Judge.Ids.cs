using System.Buffers.Binary;
using CrunSharp.Linux;

namespace CrunSharp.Observe;

internal sealed partial class Judge
{
    private const uint Unnamed = 65534;

    /// <summary>What owner and mode say of one file; null where they let it pass.</summary>
    /// <param name="writesThen">Whether what lies behind is to be written.</param>
    private Verdict? Refused(FailedCall failed, Place place, Want want, string doing, bool writesThen = false)
    {
        ProcessFacts process = failed.Process;
        Access access = FileRights.Check(process, place.Status, want);
        string who = $"uid {Inside(process.Uids, process.FileUid)}";
        string whose = $"'{place.Path}' is owned by {Inside(process.Uids, place.Status.Owner)}:{Inside(process.Gids, place.Status.Group)}, mode {Octal(place.Status)}";
        switch (access)
        {
            case Access.Granted:
                // An owner that the namespace does not know looks like 'nobody' from a namespace that lacks it too.
                return container.IsRootless && failed.Errno == Errno.EACCES && place.Status.Owner == Unnamed && process.Has(FileRights.CAP_DAC_OVERRIDE)
                    && (Bare(place.Status, want) & (uint)want & 7) != ((uint)want & 7)
                    ? Unmapped(place, whose)
                    : null;
            case Access.Unmapped:
                return Unmapped(place, whose);
            case Access.ByMode when process.EffectiveUid == RootOf(process):
                // Root without this capability is nobody special; with it, the mode would not have counted.
                int needed = !writesThen && (want & Want.Write) == 0 ? FileRights.CAP_DAC_READ_SEARCH : FileRights.CAP_DAC_OVERRIDE;
                bool helps = place.Status.Kind == FileKind.Directory || (want & Want.Execute) == 0 || (place.Status.Mode & 0x49) != 0;
                return helps
                    ? new Verdict(Layer.Capability, "CAP_DAC_OVERRIDE")
                    {
                        Evidence = [whose, $"{who} may not {doing} it by that; root usually may, by CAP_DAC_OVERRIDE, which this process does not hold"],
                        Allow = (HeldByContainer() & (1UL << FileRights.CAP_DAC_OVERRIDE)) != 0 ? ["the program gave the capability up itself"] : [$"--cap-add {(needed == FileRights.CAP_DAC_OVERRIDE ? "DAC_OVERRIDE" : "DAC_READ_SEARCH (or DAC_OVERRIDE)")}"],
                    }
                    : Plain(whose);
            default:
                return new Verdict(Layer.FilePermission, "owner and mode of the file")
                {
                    Evidence = [$"{whose}; {who} may not {doing} it"],
                    Allow = [$"--user {Inside(process.Uids, place.Status.Owner)}", "another owner or mode in the image or on the volume"],
                };
        }
    }

    private static uint Bare(in FileStatus status, Want want) => want == 0 ? 0 : status.Mode & 7;

    private static Verdict Unmapped(Place place, string whose) => new(Layer.IdMap, "the file's owner has no number in the container")
    {
        Evidence = [whose, "capabilities do not reach files whose owner or group the user namespace does not know"],
        Allow = place.Mount?.Type is "proc" or "sysfs" ? ["a container made by root"] : ["give the file to an id that the container has", "copy it into a volume of the container's"],
    };

    private Verdict Owner(FailedCall failed, Place target, string evidence)
    {
        if (failed.Process.Has(FileRights.CAP_FOWNER))
        {
            return FileRights.IsMapped(failed.Process, target.Status) && target.Status.Owner != Unnamed
                ? Unknown(failed, [evidence, "and CAP_FOWNER is held"])
                : Unmapped(target, evidence);
        }

        return failed.Process.EffectiveUid == RootOf(failed.Process)
            ? new Verdict(Layer.Capability, "CAP_FOWNER") { Evidence = [evidence, "CAP_FOWNER, by which root usually may, is not held"], Allow = ["--cap-add FOWNER"] }
            : new Verdict(Layer.FilePermission, "owner and mode of the file") { Evidence = [evidence, $"the program runs as uid {Inside(failed.Process.Uids, failed.Process.FileUid)}"], Allow = [$"--user {Inside(failed.Process.Uids, target.Status.Owner)}"] };
    }

    private Verdict OwnerChange(FailedCall failed, Place target)
    {
        string evidence = $"'{target.Path}' is owned by {Inside(failed.Process.Uids, target.Status.Owner)}:{Inside(failed.Process.Gids, target.Status.Group)}";
        if (failed.Process.Has(FileRights.CAP_CHOWN))
        {
            return FileRights.IsMapped(failed.Process, target.Status) && target.Status.Owner != Unnamed ? Unknown(failed, [evidence, "and CAP_CHOWN is held"]) : Unmapped(target, evidence);
        }

        return failed.Process.EffectiveUid == RootOf(failed.Process)
            ? new Verdict(Layer.Capability, "CAP_CHOWN") { Evidence = [evidence, "giving a file away needs CAP_CHOWN, which is not held"], Allow = ["--cap-add CHOWN"] }
            : new Verdict(Layer.FilePermission, "only root may give files away") { Evidence = [evidence, $"the program runs as uid {Inside(failed.Process.Uids, failed.Process.FileUid)}"], Allow = ["--user root"] };
    }

    /// <summary>Ids that the namespace does not have: EINVAL from calls that set them, EOVERFLOW from those that make files.</summary>
    private static Verdict? ByIds(FailedCall failed)
    {
        if (failed.Errno == Errno.EOVERFLOW)
        {
            return failed.Paths.Count == 0 ? null : new Verdict(Layer.IdMap, "the file system has no number for this user") { Evidence = ["EOVERFLOW from a call with a path: an id that cannot be written there"] };
        }

        foreach ((bool isGroup, uint id) in IdsSetBy(failed))
        {
            IReadOnlyList<IdExtent> map = isGroup ? failed.Process.Gids : failed.Process.Uids;
            if (id != uint.MaxValue && !map.HasInside(id))
            {
                return new Verdict(Layer.IdMap, $"the container has no {(isGroup ? "gid" : "uid")} {id}")
                {
                    Evidence = [$"the user namespace maps {string.Join(", ", map.Select(static extent => $"{extent.Inside} to {(ulong)extent.Inside + extent.Count - 1}"))}, and {id} is not among them"],
                    Allow = [$"an id that is mapped; more subordinate ids for this user (/etc/sub{(isGroup ? 'g' : 'u')}id)"],
                };
            }
        }

        return null;
    }

    private static IEnumerable<(bool IsGroup, uint Id)> IdsSetBy(FailedCall failed)
    {
        SystemCall call = failed.Call;
        return failed.Name switch
        {
            "setuid" or "setfsuid" => [(false, (uint)call.A)],
            "setgid" or "setfsgid" => [(true, (uint)call.A)],
            "setreuid" => [(false, (uint)call.A), (false, (uint)call.B)],
            "setregid" => [(true, (uint)call.A), (true, (uint)call.B)],
            "setresuid" => [(false, (uint)call.A), (false, (uint)call.B), (false, (uint)call.C)],
            "setresgid" => [(true, (uint)call.A), (true, (uint)call.B), (true, (uint)call.C)],
            "chown" or "lchown" or "fchown" => [(false, (uint)call.B), (true, (uint)call.C)],
            "fchownat" => [(false, (uint)call.C), (true, (uint)call.D)],
            "setgroups" => Groups(failed),
            _ => [],
        };
    }

    private static IEnumerable<(bool, uint)> Groups(FailedCall failed)
    {
        byte[] list = new byte[4 * (int)Math.Min(failed.Call.A, 1024)];
        int got = ProcessMemory.Read(failed.Process.Id, failed.Call.B, list);
        for (int at = 0; at + 4 <= got; at += 4)
        {
            yield return (true, BinaryPrimitives.ReadUInt32LittleEndian(list.AsSpan(at)));
        }
    }

    private static string Inside(IReadOnlyList<IdExtent> map, uint id) => map.ToInside(id) is { } inside ? $"{inside}" : "an unmapped id";

    private static uint RootOf(ProcessFacts process) => process.Uids.FirstOrDefault(static extent => extent.Inside == 0) is { Count: > 0 } first ? first.Outside : uint.MaxValue;
}
