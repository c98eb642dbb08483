using System.Buffers.Binary;
using System.Text;
using CrunSharp.Linux;

namespace CrunSharp.Observe;

public sealed partial class Witness
{
    private const int LongestMessage = 4096;
    private const int LongestFilter = 4096;

    /// <summary>What a call that came through tells: something hidden, a refusal in an answer, a word about an earlier one.</summary>
    private void Succeeded(TracedThread thread, ProcessWitness process, string name, SystemCall call, long result)
    {
        switch (name)
        {
            case "open" or "openat" or "openat2":
                LookForMask(thread, process, name, (int)result);
                break;
            case "write" or "writev" when (int)call.A is 1 or 2 && process.Refusals.Exists(static refusal => !refusal.WasTold):
                Listen(process, Written(thread.Id, name, call));
                break;
            case "recvmsg" or "recvfrom" or "read" when result >= 36:
                LookForNetlinkError(thread, process, name, call);
                break;
            case "kill" when call is { A: 1, B: > 0 }:
                LookForIgnoredSignal(process, thread.Process, (int)call.B);
                break;
            case "seccomp" when call.A == 1:
                Remember(process, thread.Id, call.C);
                break;
            case "prctl" when call is { A: 22, B: 2 }:
                Remember(process, thread.Id, call.C);
                break;
            case "landlock_restrict_self":
                process.HasLandlock = true;
                break;
        }

        // The same call again, and it came through: what was refused before was no obstacle.
        if (process.Refusals.Exists(refusal => refusal.Name == name && !refusal.WasRetried) && ProcessFacts.TryRead(thread.Id) is { } facts)
        {
            string text = CallText.Of(new FailedCall(facts, name, call, 0));
            foreach (Refusal refusal in process.Refusals.Where(refusal => refusal.Text == text && refusal.Errno != 0))
            {
                refusal.WasRetried = true;
            }
        }
    }

    private void LookForMask(TracedThread thread, ProcessWitness process, string name, int descriptor)
    {
        if (_masks.Count == 0 || new FileInfo($"/proc/{thread.Process}/fd/{descriptor}").LinkTarget is not { } path || !_masks.Contains(path) || !Path.Exists(path))
        {
            return;
        }

        Keep(new Refusal(process, name, $"{name}(\"{path}\")", 0, new Verdict(Layer.MaskedPath, path)
        {
            Evidence = [$"'{path}' is one of the container's masked paths: it opens, and shows nothing"],
            Allow = [$"--security-opt unmask={path}"],
        }));
    }

    // From inside, process 1 gets no signal that it has no handler for: the call succeeds and nothing happens.
    private void LookForIgnoredSignal(ProcessWitness process, int sender, int signal)
    {
        if (_all.Find(static other => other.InnerId == 1) is not { } first || ProcessFacts.TryRead(first.Id) is not { } facts
            || facts.Namespace("pid") != ProcessFacts.TryRead(sender)?.Namespace("pid") || (facts.Caught & (1UL << (signal - 1))) != 0)
        {
            return;
        }

        Keep(new Refusal(process, "kill", $"kill(1, {signal})", 0, new Verdict(Layer.PidNamespace, "process 1 takes no signal that it does not handle")
        {
            Evidence = ["the call succeeded; the first process of a pid namespace has no handler for this signal, and then the kernel drops it"],
            Allow = [$"from outside: crun-sharp kill --signal {signal} CONTAINER"],
        })
        { Outcome = "nothing happens" });
    }

    private static void Listen(ProcessWitness process, byte[] written)
    {
        string text = Encoding.UTF8.GetString(written);
        foreach (Refusal refusal in process.Refusals.Where(static refusal => refusal.Errno != 0))
        {
            refusal.WasTold |= text.Contains(Errno.Words(refusal.Errno), StringComparison.OrdinalIgnoreCase);
        }
    }

    private static byte[] Written(int thread, string name, SystemCall call)
    {
        if (name == "write")
        {
            return Bytes(thread, call.B, (int)Math.Min(call.C, LongestMessage));
        }

        List<byte> all = [];
        byte[] vectors = Bytes(thread, call.B, 16 * (int)Math.Min(call.C, 16));
        for (int at = 0; at + 16 <= vectors.Length; at += 16)
        {
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(vectors.AsSpan(at + 8));
            all.AddRange(Bytes(thread, BinaryPrimitives.ReadUInt64LittleEndian(vectors.AsSpan(at)), (int)Math.Min(length, LongestMessage)));
        }

        return [.. all];
    }

    // A request by netlink is refused in the answer, not in the call.
    private void LookForNetlinkError(TracedThread thread, ProcessWitness process, string name, SystemCall call)
    {
        const ushort NLMSG_ERROR = 2;
        ulong buffer = name == "recvmsg" ? FirstVector(thread.Id, call.B) : call.B;
        byte[] message = Bytes(thread.Id, buffer, 36);
        if (message.Length < 36 || BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(4)) != NLMSG_ERROR
            || -BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(16)) is not (Errno.EPERM or Errno.EACCES) || ProtocolOf(thread.Process, (int)call.A) is not { } protocol
            || ProcessFacts.TryRead(thread.Id) is not { } facts)
        {
            return;
        }

        // The request it answers: type and flags follow the error.
        int type = BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(24));
        FailedCall failed = new(facts, "netlink", call with { A = (ulong)protocol, B = (ulong)type }, Errno.EPERM);
        if (_judge.Examine(failed, process) is { } verdict)
        {
            Keep(new Refusal(process, name, $"netlink request of type {type}", Errno.EPERM, verdict));
        }
    }

    // Of the socket, where it is one of netlink: fields 2 and 10 are the protocol and the inode.
    private static int? ProtocolOf(int process, int descriptor)
    {
        const string Prefix = "socket:[";
        if (new FileInfo($"/proc/{process}/fd/{descriptor}").LinkTarget is not { } target || !target.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        string inode = target[Prefix.Length..^1];
        return ProcessFacts.Text($"/proc/{process}/net/netlink").Split('\n').Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .FirstOrDefault(fields => fields.Length >= 10 && fields[9] == inode) is { } found && int.TryParse(found[1], out int protocol) ? protocol : null;
    }

    private static ulong FirstVector(int thread, ulong message)
    {
        byte[] header = Bytes(thread, message, 24);
        byte[] vector = header.Length == 24 ? Bytes(thread, BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(16)), 8) : [];
        return vector.Length == 8 ? BinaryPrimitives.ReadUInt64LittleEndian(vector) : 0;
    }

    private static void Remember(ProcessWitness process, int thread, ulong program)
    {
        byte[] header = Bytes(thread, program, 16);
        if (header.Length == 16 && BinaryPrimitives.ReadUInt16LittleEndian(header) is > 0 and <= LongestFilter and var length)
        {
            process.OwnFilters.Add(new SocketFilter(Bytes(thread, BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(8)), length * 8)));
        }
    }

    private static byte[] Bytes(int thread, ulong address, int length)
    {
        byte[] bytes = new byte[Math.Max(length, 0)];
        return bytes[..ProcessMemory.Read(thread, address, bytes)];
    }
}
