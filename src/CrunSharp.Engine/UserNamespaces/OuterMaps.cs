using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>The maps that the calling user's namespace gets, and who may write them.</summary>
internal sealed class OuterMaps
{
    private readonly IReadOnlyList<IdExtent> _uids;
    private readonly IReadOnlyList<IdExtent> _gids;
    private readonly string? _newuidmap;
    private readonly string? _newgidmap;

    private OuterMaps(IReadOnlyList<IdExtent> uids, IReadOnlyList<IdExtent> gids, string? newuidmap = null, string? newgidmap = null)
    {
        _uids = uids;
        _gids = gids;
        _newuidmap = newuidmap;
        _newgidmap = newgidmap;
    }

    /// <summary>All ids that the calling user was given; its own alone where it was given none or no helper can map them.</summary>
    /// <param name="tell">Gets what a user with one id should know.</param>
    public static OuterMaps Find(Action<string> tell)
    {
        uint uid = Identity.EffectiveUid;
        uint gid = Identity.EffectiveGid;
        string name = Environment.UserName;
        IReadOnlyList<IdRange> uids = SubordinateIdSource.Uids(name, uid);
        IReadOnlyList<IdRange> gids = SubordinateIdSource.Gids(name, uid);
        if (uids.Count == 0 || gids.Count == 0)
        {
            TellOfOneId(tell, $"'{name}' has no subordinate {(uids.Count == 0 ? "user" : "group")} ids", SubordinateIdSource.Mend(name));
            return OneId(uid, gid);
        }

        if (HostProgram.Find("newuidmap") is { } newuidmap && HostProgram.Find("newgidmap") is { } newgidmap)
        {
            return new OuterMaps(SubordinateIds.MakeMap(uid, uids), SubordinateIds.MakeMap(gid, gids), newuidmap, newgidmap);
        }

        TellOfOneId(tell, "newuidmap and newgidmap are not installed", "sudo apt-get install uidmap");
        return OneId(uid, gid);
    }

    /// <summary>Maps the user namespace of a child that has just been cloned.</summary>
    /// <exception cref="CrunException">A helper refused; its own words are the reason.</exception>
    public void Write(int pid)
    {
        if (_newuidmap is null || _newgidmap is null)
        {
            // The kernel lets ordinary users map groups only once setgroups can no longer shed one: user_namespaces(7).
            Descriptors.WriteOnce($"/proc/{pid}/setgroups", "deny"u8);
            Descriptors.WriteOnce($"/proc/{pid}/uid_map", System.Text.Encoding.ASCII.GetBytes(_uids[0].ToString()));
            Descriptors.WriteOnce($"/proc/{pid}/gid_map", System.Text.Encoding.ASCII.GetBytes(_gids[0].ToString()));
            return;
        }

        // Side by side: each takes 2 to 3 ms.
        using HelperProcess uids = StartMapper(_newuidmap, pid, _uids);
        using HelperProcess gids = StartMapper(_newgidmap, pid, _gids);
        ProcessEnd uidsEnd = uids.Wait();
        ProcessEnd gidsEnd = gids.Wait();
        Check(_newuidmap, uids, uidsEnd);
        Check(_newgidmap, gids, gidsEnd);
    }

    private static OuterMaps OneId(uint uid, uint gid) => new([new IdExtent(0, uid, 1)], [new IdExtent(0, gid, 1)]);

    private static HelperProcess StartMapper(string path, int pid, IReadOnlyList<IdExtent> map)
    {
        List<string> arguments = [Path.GetFileName(path), $"{pid}"];
        foreach (IdExtent extent in map)
        {
            arguments.AddRange([$"{extent.Inside}", $"{extent.Outside}", $"{extent.Count}"]);
        }

        return HelperProcess.Start(path, arguments, HostProgram.Environment);
    }

    private static void Check(string path, HelperProcess mapper, ProcessEnd end)
    {
        if (end.Status != 0)
        {
            throw new CrunException("cannot map your subordinate ids", $"{path} ended with {end.Status}: {mapper.Words().Trim()}")
            {
                Hints = [$"it needs its set-user-ID bit: sudo chmod u+s {path}", "see what else is missing: crun-sharp doctor"],
            };
        }
    }

    private static void TellOfOneId(Action<string> tell, string why, string mend) => tell(
        $"""
        crun-sharp: note: {why}: containers know user 0 only, and files of an image's other users become yours
          for all users: {mend}
          then end the holder, and what runs with it: crun-sharp doctor names it
        """);
}
