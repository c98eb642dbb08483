using System.Globalization;
using System.Text.Json;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>record.json, read and written without a serializer: it is on the way of every launch.</summary>
internal static class ContainerRecordJson
{
    public static byte[] Write(ContainerRecord record)
    {
        JsonText json = new(1024, indented: true);
        json.WriteStartObject();
        json.WriteString("id"u8, record.Id.Value);
        json.WriteString("name"u8, record.Name);
        json.WriteString("image"u8, record.Image);
        json.WriteString("imageId"u8, record.ImageId.ToString());
        WriteStrings(json, "command"u8, record.Command);
        json.WriteString("created"u8, Time(record.Created));
        json.WriteBoolean("autoRemove"u8, record.AutoRemove);
        json.WriteBoolean("terminal"u8, record.Terminal);
        json.WriteString("network"u8, record.Network);
        json.WriteString("stopSignal"u8, record.StopSignal);
        WriteProcess(json, "monitor"u8, record.Monitor);
        WriteProcess(json, "process"u8, record.Process);
        json.WriteStartArray("helpers"u8);
        foreach (ProcessIdentity helper in record.Helpers)
        {
            WriteProcess(json, helper);
        }

        json.WriteEndArray();
        WriteStrings(json, "cgroups"u8, record.Cgroups);
        if (record.Started is { } started)
        {
            json.WriteString("started"u8, Time(started));
        }

        json.WriteEndObject();
        return json.Written.ToArray();
    }

    /// <exception cref="CrunException">The bytes are no record of ours.</exception>
    public static ContainerRecord Read(ReadOnlySpan<byte> bytes, string path)
    {
        try
        {
            return ReadObject(bytes);
        }
        catch (Exception failure) when (failure is JsonException or FormatException or InvalidOperationException or CrunException)
        {
            throw new CrunException($"cannot read '{path}'", failure.Message, failure);
        }
    }

    private static ContainerRecord ReadObject(ReadOnlySpan<byte> bytes)
    {
        Utf8JsonReader json = new(bytes);
        string? id = null, name = null, image = null, imageId = null, network = null, stopSignal = null;
        IReadOnlyList<string> command = [], cgroups = [];
        DateTimeOffset? created = null, started = null;
        bool autoRemove = false, terminal = false;
        ProcessIdentity? monitor = null, process = null;
        List<ProcessIdentity> helpers = [];

        Expect(ref json, JsonTokenType.StartObject);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string property = json.GetString()!;
            json.Read();
            switch (property)
            {
                case "id": id = json.GetString(); break;
                case "name": name = json.GetString(); break;
                case "image": image = json.GetString(); break;
                case "imageId": imageId = json.GetString(); break;
                case "network": network = json.GetString(); break;
                case "stopSignal": stopSignal = json.GetString(); break;
                case "command": command = ReadStrings(ref json); break;
                case "cgroups": cgroups = ReadStrings(ref json); break;
                case "created": created = ReadTime(ref json); break;
                case "started": started = ReadTime(ref json); break;
                case "autoRemove": autoRemove = json.GetBoolean(); break;
                case "terminal": terminal = json.GetBoolean(); break;
                case "monitor": monitor = ReadProcess(ref json); break;
                case "process": process = ReadProcess(ref json); break;
                case "helpers":
                    while (json.Read() && json.TokenType == JsonTokenType.StartObject)
                    {
                        helpers.Add(ReadProcess(ref json));
                    }

                    break;
                default: json.Skip(); break;
            }
        }

        return new ContainerRecord
        {
            Id = ContainerId.Parse(id ?? throw new FormatException("it has no id")),
            Name = name ?? throw new FormatException("it has no name"),
            Image = image ?? "",
            ImageId = Digest.Parse(imageId ?? throw new FormatException("it has no imageId")),
            Command = command,
            Created = created ?? throw new FormatException("it has no creation time"),
            AutoRemove = autoRemove,
            Terminal = terminal,
            Network = network ?? "private",
            StopSignal = stopSignal ?? "TERM",
            Monitor = monitor,
            Process = process,
            Helpers = helpers,
            Cgroups = cgroups,
            Started = started,
        };
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset ReadTime(ref Utf8JsonReader json) =>
        DateTimeOffset.Parse(json.GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static void WriteStrings(JsonText json, ReadOnlySpan<byte> name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    private static List<string> ReadStrings(ref Utf8JsonReader json)
    {
        List<string> values = [];
        while (json.Read() && json.TokenType == JsonTokenType.String)
        {
            values.Add(json.GetString()!);
        }

        return values;
    }

    private static void WriteProcess(JsonText json, ReadOnlySpan<byte> name, ProcessIdentity? process)
    {
        if (process is { } identity)
        {
            json.WritePropertyName(name);
            WriteProcess(json, identity);
        }
    }

    private static void WriteProcess(JsonText json, ProcessIdentity identity)
    {
        json.WriteStartObject();
        json.WriteNumber("pid"u8, identity.Pid);
        json.WriteNumber("start"u8, identity.StartTime);
        json.WriteString("boot"u8, identity.BootId);
        json.WriteEndObject();
    }

    private static ProcessIdentity ReadProcess(ref Utf8JsonReader json)
    {
        int pid = 0;
        ulong start = 0;
        string boot = "";
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string property = json.GetString()!;
            json.Read();
            switch (property)
            {
                case "pid": pid = json.GetInt32(); break;
                case "start": start = json.GetUInt64(); break;
                case "boot": boot = json.GetString() ?? ""; break;
                default: json.Skip(); break;
            }
        }

        return new ProcessIdentity(pid, start, boot);
    }

    private static void Expect(ref Utf8JsonReader json, JsonTokenType token)
    {
        if (!json.Read() || json.TokenType != token)
        {
            throw new JsonException($"expected {token}");
        }
    }
}
