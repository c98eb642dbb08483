using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>What stands ready before the container is started, and what is cleared after it.</summary>
internal static class Preparation
{
    private const string Functions =
        """
        # What is mounted on has to be there: a directory for a directory, an empty file for all else.
        place() {
          if [ -d "$1" ]; then mkdir -p "$2"; else mkdir -p "${2%/*}"; [ -e "$2" ] || : > "$2"; fi
        }
        # Options are added to those that the mount has: a remount would drop the others.
        restrict() {
          mount -o "remount,bind,$(findmnt -n -o VFS-OPTIONS --mountpoint "$1" | tail -n 1),$2" "$1"
        }
        restrict_all() {
          findmnt -n -r -o TARGET --submounts --mountpoint "$1" | while read -r point; do restrict "$point" "$2"; done
        }
        read_only() {
          [ -e "$1" ] || return 0
          mountpoint -q "$1" || mount --rbind "$1" "$1"
          restrict "$1" ro
        }
        # One empty directory hides directories, /dev/null all else.
        empty=
        mask() {
          if [ -d "$1" ] && [ -n "$empty" ]; then
            mount --bind "$empty" "$1"
          elif [ -d "$1" ]; then
            mount -t tmpfs -o ro tmpfs "$1"
            empty=$1
          elif [ -e "$1" ]; then
            mount --bind "$root/dev/null" "$1"
          fi
        }
        """;

    public static void Write(Script script)
    {
        LaunchFacts facts = script.Facts;
        Part part = script.Outside;
        part.Line("set -eu");
        part.Line("PATH=$PATH:/usr/sbin:/sbin");
        part.Line("umask 022");
        part.Line($"work=$(mktemp -d {Sh.Quote($"{facts.Store}/by-hand.XXXXXX")})");
        part.Line("root=$work/rootfs");
        part.Line("export PATH work root");
        if (facts.User is not null)
        {
            part.Line($"as_root() {{ {UserNamespaces.Enter("user", facts)} \"$@\"; }}");
        }

        WriteCleanUp(script);
        part.Blank();
        part.Comment("", "Directories: the root will be put together at rootfs; upper takes what the container writes.");
        part.Line("mkdir \"$work/rootfs\" \"$work/scratch\" \"$work/scratch/upper\" \"$work/scratch/work\" \"$work/etc\"");
        part.Line($"chmod {Sh.Octal(facts.Root.Mode)} \"$work/scratch/upper\" # the root directory's own mode, as the image has it");
        if (facts.User is null && (facts.Root.Uid != 0 || facts.Root.Gid != 0))
        {
            part.Line($"chown {facts.Root.Uid}:{facts.Root.Gid} \"$work/scratch/upper\"");
        }

        foreach (PreparedFile file in facts.Files)
        {
            part.File(script.OnHost(file.Path), file.Text, "END");
        }

        WriteVolumes(script);
        part.File("\"$work/functions\"", Functions, "END");
    }

    public static void WriteCgroups(Script script)
    {
        CgroupOutline cgroup = script.Facts.Cgroup;
        if (cgroup.Directories.Count == 0)
        {
            return;
        }

        Part part = script.Outside;
        part.Blank();
        part.Comment("", "The cgroups that will count and limit the container, made and limited while nobody is in them.");
        part.Comment("   why:", "a limit that is written later can be outrun: memory that is allocated before is not given back.");
        part.Line("mkdir -p $cgroups");
        foreach (CgroupWrite write in cgroup.Writes)
        {
            string file = Sh.Quote(write.File);
            string origin = write.Origin.Length == 0 ? "" : $" # {write.Origin} of config.json";
            part.Line(write switch
            {
                { Value: null } => $"[ -n \"$(cat {file})\" ] || cat {Sh.Quote(write.From ?? "")} > {file} # a new cpuset is empty, and takes nobody",
                { Optional: true } => $"{{ echo {Sh.Quote(write.Value)} > {file}; }} 2> /dev/null || true{origin}",
                _ => $"echo {Sh.Quote(write.Value)} > {file}{origin}",
            });
        }

        if (!cgroup.DeviceFilter.IsEmpty)
        {
            part.Comment("   ", "Version 2 has no files for devices: an eBPF program decides, and devices.c attaches it.");
            part.File("\"$work/devices.c\"", CPrograms.Devices, "END");
            part.Line("cc -o \"$work/devices\" \"$work/devices.c\"");
            part.Bytes("\"$work/devices.bpf\"", cgroup.DeviceFilter);
            part.Line($"\"$work/devices\" \"$work/devices.bpf\" {Sh.Quote(cgroup.Directories[0])}");
        }

        if (cgroup.BornIn is { } born)
        {
            script.Inside.Comment("", "crun-sharp has the process be born in this cgroup (clone3 with CLONE_INTO_CGROUP); by hand it moves there.");
            script.Inside.Line($"echo 0 > {Sh.Quote($"{born}/cgroup.procs")}");
        }
    }

    /// <summary>The C programs that turned out to be needed.</summary>
    public static void WritePrograms(Script script)
    {
        Part part = script.Outside;
        part.Blank();
        part.Comment("", "What no program of the distribution does, in C.");
        foreach ((string name, string source) in script.Programs)
        {
            part.File($"\"$work/{name}.c\"", source, "END");
            if (name != "init")
            {
                part.Line($"cc -o \"$work/{name}\" \"$work/{name}.c\"");
            }
        }

        Chain chain = script.Chain;
        part.File("\"$work/enter.c\"", CPrograms.Enter(chain.Init), "END");
        part.Line($"cc -DFLAGS={chain.FilterFlags} -DINHERITABLE={chain.Inheritable}ULL -o \"$work/enter\" \"$work/enter.c\"{(chain.Init ? " \"$work/init.c\"" : "")}");
        if (chain.Filter.IsEmpty)
        {
            part.Line(": > \"$work/filter\" # there is none");
        }
        else
        {
            part.Comment("", $"The filter, compiled: {chain.Filter.Length / 8} instructions of classic BPF.");
            part.Bytes("\"$work/filter\"", chain.Filter);
        }

        if (script.Facts.NetworkHelper is { } helper)
        {
            WriteNetwork(part, script, helper);
        }
    }

    /// <summary>The last line of the last shell.</summary>
    public static void WriteChain(Script script)
    {
        Chain chain = script.Chain;
        Part part = script.Last;

        // setpriv drops capabilities before enter needs some: it lends them, and enter gives them up before its own exec.
        const string Lent = "+sys_admin,+dac_read_search";
        part.Blank();
        part.Comment("", "The chain: each program changes itself and executes the next. Two capabilities are lent, as ambient ones, until enter has used them: "
            + "sys_admin to enter the root and to install the filter, dac_read_search to find enter itself as another user. They have to be inheritable before the bounding set loses them, so setpriv comes twice.");
        List<string> words = [];
        if (chain.Keyring is { } keyring)
        {
            words.Add($"\"$work/keyring\" {Sh.Quote(keyring)}");
        }

        if (chain.Limits.Count > 0)
        {
            words.Add($"prlimit {string.Join(' ', chain.Limits)}");
        }

        words.AddRange(chain.Wrappers);
        words.Add($"setpriv --inh-caps={Lent}");
        words.Add($"setpriv {(chain.NoNewPrivileges ? "--no-new-privs " : "")}{string.Join(' ', chain.Privileges)} --ambient-caps={Lent}");
        words.Add($"env -i {Sh.Quote(chain.Environment)}");
        words.Add($"\"$work/enter\" \"$root\" \"$work/filter\" {Sh.Quote(chain.Directory)} {Sh.Quote(chain.Program)}");
        part.Line($"exec \\\n  {string.Join(" \\\n  ", words)}");
    }

    private static void WriteVolumes(Script script)
    {
        Part part = script.Outside;
        foreach (PreparedVolume volume in script.Facts.Volumes)
        {
            string target = script.OnHost(volume.Path);
            part.Comment("", $"A volume of the image's, which begins with what the image has at {volume.Destination}.");
            part.Line($"mkdir -p {target}");
            foreach (string layer in volume.Layers.Reverse())
            {
                string source = Sh.Quote($"{layer}{volume.Destination}");
                part.Line($"[ ! -d {source} ] || {script.AsRootOfUser}cp -a {source}/. {target}");
            }
        }

        foreach (BindMount bind in script.Facts.Plan.Steps.OfType<BindMount>())
        {
            if (bind.Source.StartsWith($"{script.Facts.Store}/volumes/", StringComparison.Ordinal))
            {
                part.Line($"mkdir -p {Sh.Quote(bind.Source)}");
            }
        }
    }

    private static void WriteNetwork(Part part, Script script, string helper)
    {
        part.Blank();
        part.Comment("", "The network: a program outside carries the packets of an interface that it makes inside, and does so without privilege.");
        part.Comment("   why:", "a new network namespace has no way out.");
        part.Line("mkfifo \"$work/pid\" \"$work/network\"");
        part.Line(Path.GetFileName(helper) == "pasta"
            ? $"({{ read -r pid < \"$work/pid\"; {script.AsRootOfUser}{Sh.Quote(helper)} --config-net --quiet --tcp-ports none --udp-ports none --tcp-ns none --udp-ns none --no-map-gw --address 10.0.2.100 --netmask 24 --gateway 10.0.2.2 --dns-forward 10.0.2.3 --mtu 65520 --ns-ifname tap0 \"$pid\"; echo > \"$work/network\"; }}) &"
            : $"(read -r pid < \"$work/pid\"; exec {Sh.Quote(helper)} --configure --mtu=65520 --disable-host-loopback --ready-fd=3 \"$pid\" tap0 3> \"$work/network\" > /dev/null 2>&1) &");
        part.Line("helper=$!");
    }

    private static void WriteCleanUp(Script script)
    {
        LaunchFacts facts = script.Facts;
        Part part = script.Outside;
        part.Line($"cgroups={Sh.Quote(string.Join(' ', facts.Cgroup.Directories))}");
        part.Line("user= container= helper=");
        part.Line("clean_up() {");
        part.Line("  status=$?");
        part.Line("  trap - EXIT");
        part.Line("  if [ -n \"$helper\" ]; then kill \"$helper\" 2> /dev/null || true; wait \"$helper\" || true; fi");
        if (facts.Cgroup.Directories.Count > 0)
        {
            part.Line("  # A cgroup can be removed a moment after the last process in it has ended.");
            part.Line("  for cgroup in $cgroups; do");
            part.Line("    for try in 1 2 3 4 5 6 7 8; do rmdir \"$cgroup\" 2> /dev/null && break; sleep 0.05; done");
            part.Line("  done");
        }

        part.Line(facts.User is null
            ? "  rm -rf --one-file-system \"${work:?}\""
            : "  if [ -n \"$user\" ]; then as_root rm -rf --one-file-system \"${work:?}\"; else rm -rf \"${work:?}\"; fi");
        part.Line("  for pid in $container $user; do kill \"$pid\" && wait \"$pid\" || true; done");
        part.Line("  exit \"$status\"");
        part.Line("}");
        part.Line("trap clean_up EXIT");
        part.Line("trap 'exit 130' HUP INT TERM");
    }
}
